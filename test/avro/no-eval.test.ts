/** Where code generation from strings is forbidden, Avro goes on working: no schema is compiled to JavaScript. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { it } from 'node:test';

const PROGRAM = `
  import { openEngine } from './src/engine/select.ts';
  let isForbidden = false;
  try { new Function('return 1'); } catch { isForbidden = true; }
  const schema = { type: 'record', name: 'R', fields: [{ name: 'a', type: 'int', default: 3 }] };
  const values = Array.from({ length: 20 }, (_, a) => ({ a }));
  const made = ['wasm', 'typescript'].map((kind) => {
    const type = openEngine(kind).compileAvro(schema);
    const all = [type.encode({}), type.encodeGroup(values).bytes, type.encodeJson('{"a":1}')];
    return Buffer.concat(all).toString('hex') + JSON.stringify(type.decode(all[0]));
  });
  console.log(JSON.stringify({ isForbidden, made }));
`;

it('runs where the whole run was asked to, and says so', () => {
  let isForbidden = false;
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- whether it can be done is the question
    new Function('return 1');
  } catch {
    isForbidden = true;
  }
  assert.equal(isForbidden, process.env['KAFKA_HOTPATH_TEST_NO_EVAL'] === 'true');
});

it('encodes Avro under --disallow-code-generation-from-strings', () => {
  const options = ['--disallow-code-generation-from-strings', '--import', 'tsx', '--input-type=module', '-e', PROGRAM];
  const { stdout, stderr } = spawnSync(process.execPath, options, { encoding: 'utf8' });
  assert.notEqual(stdout, '', stderr);
  const { isForbidden, made } = JSON.parse(stdout) as { isForbidden: boolean; made: string[] };
  assert.equal(isForbidden, true);
  const group = Array.from({ length: 20 }, (_, a) => Buffer.of(a * 2).toString('hex')).join('');
  const expected = `06${group}02{"a":3}`;
  assert.deepEqual(made, [expected, expected]);
});
