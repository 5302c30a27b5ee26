/** `encode` and `decode` as processes (design §9.1). */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { Folder, jsonLines, run } from './run.ts';

const folder = new Folder();
const SCHEMA = folder.file('order.avsc', {
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'day', type: { type: 'int', logicalType: 'date' }, default: 0 },
    { name: 'data', type: ['null', 'bytes', 'double'], default: null },
  ],
});

describe('kafka-hotpath encode and decode', () => {
  after(() => {
    folder.remove();
  });

  it('turn JSON into hex and back, with both engines', async () => {
    const input =
      '{"id":9223372036854775807}\n\n{"data":"\u00ff","day":"2023-11-14","id":-1}\n{"id":1,"data":{"double":-0.0}}\n';
    const expected = 'feffffffffffffffff010000\n01b6b3020202ff\n0200040000000000000080\n';
    for (const engine of ['wasm', 'typescript']) {
      const encoded = await run(['encode', '--schema', SCHEMA, '--engine', engine], input);
      assert.deepEqual(encoded, { code: 0, stdout: expected, stderr: '' });
    }
    const decoded = await run(['decode', '--schema', SCHEMA], expected);
    assert.equal(decoded.code, 0);
    assert.match(decoded.stdout, /^\{"id":9223372036854775807,"day":"1970-01-01T00:00:00.000Z","data":null\}\n/);
    const again = await run(['encode', '--schema', SCHEMA], decoded.stdout);
    assert.equal(again.stdout, expected);
  });

  it('frame with the id of a schema', async () => {
    const encoded = await run(['encode', '--schema', SCHEMA, '--schema-id', '258', '--json'], '{"id":1}');
    assert.deepEqual(jsonLines(encoded.stdout), [{ line: 1, hex: '0000000102020000' }]);
    for (const id of [[], ['258']]) {
      const decoded = await run(['decode', '--schema', SCHEMA, '--schema-id', ...id, '--json'], '0000000102020000');
      const value = { id: 1, day: '1970-01-01T00:00:00.000Z', data: null };
      assert.deepEqual(jsonLines(decoded.stdout), [{ line: 1, value }]);
    }
    const other = await run(['decode', '--schema', SCHEMA, '--schema-id', '7'], '0000000102020000\n020000\n');
    assert.equal(other.code, 1);
    assert.match(other.stderr, /line 1 has schema id 258; allowed: 7\n.*line 2 does not begin with 00/s);
  });

  it('name line and place of what they refuse, and go on', async () => {
    const encoded = await run(['encode', '--schema', SCHEMA], '{"id":"x"}\n{"id":1}\n{"id":1,}\n');
    assert.equal(encoded.code, 1);
    assert.equal(encoded.stdout, '020000\n');
    assert.match(encoded.stderr, /line 1 \$\.id: got a string of 1 characters/);
    assert.match(encoded.stderr, /line 3 \$: got text that is not JSON at character 9/);
    const decoded = await run(['decode', '--schema', SCHEMA, '--json'], 'xyz\n020000\n02\n');
    assert.equal(decoded.code, 1);
    const codes = jsonLines(decoded.stdout).map(({ line, code }) => [line, code]);
    assert.deepEqual(codes, [
      [1, 'ERR_AVRO_VALUE'],
      [2, undefined],
      [3, 'ERR_AVRO_VALUE'],
    ]);
  });

  it('end with 3 for a schema that cannot be used, with 2 for a wrong option', async () => {
    const broken = await run(['encode', '--schema', folder.file('broken.avsc', '{"type":"nope"}')], '1');
    assert.equal(broken.code, 3);
    assert.match(broken.stderr, /\$\.type: got the type "nope".*\(ERR_AVRO_SCHEMA\)/);
    const missing = await run(['decode', '--schema', `${folder.path}/none.avsc`]);
    assert.equal(missing.code, 3);
    assert.match(missing.stderr, /there is no such file/);
    assert.equal((await run(['encode'])).code, 2);
    assert.equal((await run(['encode', '--schema', SCHEMA, '--schema-id', '-1'])).code, 2);
  });
});
