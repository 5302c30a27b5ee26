/** Usage, `frame`, `inspect` and `broker` by their contracts. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { startBroker } from '../../src/broker/index.ts';
import { openEngine } from '../../src/engine/select.ts';
import { readRecordBatches } from '../../src/protocol/record-batch-reader.ts';
import { finish, firstLine, Folder, jsonLines, run, start } from './run.ts';

const folder = new Folder();
after(() => {
  folder.remove();
});

describe('usage', { concurrency: 2 }, () => {
  const cases: [string, string[], number, RegExp][] = [
    ['no command', [], 2, /Usage: kafka-hotpath/],
    ['an unknown command', ['prodce'], 2, /Did you mean produce\?/],
    ['an unknown option', ['frame', '--jsn'], 2, /Did you mean --json\?/],
    ['a missing option', ['produce'], 2, /--binding/],
    ['an unknown engine', ['frame', '--engine', 'rust'], 2, /auto, wasm, typescript/],
    ['a number out of range', ['frame', '--producer-epoch', '40000'], 2, /whole number from -1 to 32767/],
    ['an input that is not there', ['frame', '--input', '/nowhere/x'], 2, /there is no such file/],
    ['an input that is a folder', ['frame', '--input', folder.path], 2, /is a folder/],
    ['a topic that is none', ['broker', '--topic', 'a b:1'], 2, /name:partitions/],
    ['a binding that is not there', ['check', '--binding', '/nowhere/x.json'], 3, /there is no such file/],
  ];
  for (const [name, args, expected, says] of cases) {
    it(`${name} ends with ${expected}`, async () => {
      const { code, stdout, stderr } = await run(args);
      assert.equal(code, expected);
      assert.match(stderr, says);
      assert.equal(stdout, '');
    });
  }

  it('a folder as standard input ends with 2', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', 'frame'], {
      stdio: [openSync(folder.path, 'r'), 'ignore', 'ignore'],
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    assert.equal(code, 2);
  });

  it('help is no mistake, and tells the exit codes', async () => {
    const { code, stdout } = await run(['--help']);
    assert.equal(code, 0);
    assert.match(stdout, /Exit codes: 0 all delivered/);
  });
});

describe('frame and inspect', { concurrency: 2 }, () => {
  const records =
    '{"key":"6b","value":null,"headers":[["h","00ff"],["h",null]],"timestamp":1700000000000}\n' +
    '{"key":"","value":"68c3a9"}\n\n\n{"value":""}\n';

  for (const engine of ['wasm', 'typescript']) {
    it(`${engine} frames a batch for each run of lines`, async () => {
      const { code, stdout } = await run(['frame', '--engine', engine], records);
      assert.equal(code, 0);
      const [first, second, ...none] = stdout
        .trim()
        .split('\n')
        .map((line) => Buffer.from(line, 'hex'));
      assert.deepEqual(none, []);
      const expected = openEngine('typescript').encodeRecordBatch([
        {
          key: 'k',
          value: null,
          headers: [
            { key: 'h', value: new Uint8Array([0, 255]) },
            { key: 'h', value: null },
          ],
          timestamp: 1_700_000_000_000,
        },
        { key: '', value: 'hé' },
      ]);
      assert.deepEqual(first, Buffer.from(expected));
      assert.equal(readRecordBatches(second!)[0]?.records.length, 1);
    });
  }

  it('frame writes the producer fields it is given', async () => {
    const args = ['frame', '--producer-id', '9223372036854775807', '--producer-epoch', '7', '--base-sequence', '12'];
    const { stdout } = await run([...args, '--json'], '{"value":"00"}');
    const [line] = jsonLines(stdout);
    assert.deepEqual([line?.['batch'], line?.['records']], [0, 1]);
    const [batch] = readRecordBatches(Buffer.from(line?.['hex'] as string, 'hex'));
    assert.equal(batch?.producerId, 9223372036854775807n);
    assert.deepEqual([batch.producerEpoch, batch.baseSequence], [7, 12]);
  });

  const bad: [string, RegExp][] = [
    ['nonsense', /line 2 is not JSON/],
    ['[]', /line 2 must be an object/],
    ['{"value":"abc"}', /line 2, value: allowed are hex digits in pairs, or null/],
    ['{"value":"zz"}', /line 2, value/],
    ['{"key":7}', /line 2, key/],
    ['{"val":null}', /line 2 has "val"; allowed: key, value, headers, timestamp/],
    ['{"headers":{"a":"00"}}', /line 2, headers: allowed is an array/],
    ['{"headers":[[1,"00"]]}', /line 2, headers\[0\]/],
    ['{"timestamp":1.5}', /line 2, timestamp/],
  ];
  for (const [line, says] of bad) {
    it(`frame refuses ${line} with the number of the line`, async () => {
      const { code, stderr } = await run(['frame'], `{"value":null}\n${line}\n`);
      assert.equal(code, 1);
      assert.match(stderr, says);
    });
  }

  it('inspect shows what frame made, from hex lines and from bytes', async () => {
    const { stdout: hex } = await run(['frame'], records);
    const fromHex = await run(['inspect'], hex);
    const fromBytes = await run(['inspect'], Buffer.from(hex.replace(/\n/g, ''), 'hex'));
    assert.equal(fromHex.code, 0, fromHex.stderr);
    assert.equal(fromBytes.stdout, fromHex.stdout);
    for (const says of [
      /^record batch of \d+ bytes$/m,
      /^ {2}base timestamp +1700000000000 \(2023-11-14T22:13:20\.000Z\)$/m,
      /^ {4}key +"k" \(1 bytes\)$/m,
      /^ {4}value +null$/m,
      /^ {4}header +"h": 00ff \(2 bytes\)$/m,
      /^ {4}value +"hé" \(3 bytes\)$/m,
      /^ {2}crc +0x[0-9a-f]{8} \(right\)$/m,
    ]) {
      assert.match(fromHex.stdout, says);
    }
  });

  it('inspect --json gives every field as data', async () => {
    const { stdout: hex } = await run(['frame'], records);
    const [batch] = jsonLines((await run(['inspect', '--json'], hex)).stdout);
    assert.equal(batch?.['baseTimestamp'], '1700000000000');
    assert.deepEqual((batch['records'] as object[])[0], {
      offset: '0',
      timestamp: '1700000000000',
      key: '6b',
      value: null,
      headers: [
        ['h', '00ff'],
        ['h', null],
      ],
    });
  });

  it('inspect says what is wrong with a batch, by line, and goes on', async () => {
    const good = (await run(['frame'], '{"value":"00"}')).stdout.trim();
    const spoiled = `${good.slice(0, -2)}ff`;
    const { code, stdout, stderr } = await run(['inspect', '--json'], `${spoiled}\nabc\n${good}\n`);
    assert.equal(code, 1);
    const lines = jsonLines(stdout);
    assert.deepEqual(
      lines.map(({ line, code: reason }) => [line, reason]),
      [
        [1, 'ERR_RECORD_BATCH'],
        [2, 'ERR_RECORD_BATCH'],
        [undefined, undefined],
      ],
    );
    assert.match(stderr, /line 1 .*crc/);
    assert.match(stderr, /line 2 is not hex/);
    assert.equal((await run(['inspect'], '')).code, 1);
  });
});

describe('broker', { concurrency: 2 }, () => {
  it('prints its address first, serves its topics, and ends at a signal', async () => {
    const child = start(['broker', '--topic', 'orders:3', '--topic', 'plain', '--json']);
    const done = finish(child);
    const { address } = JSON.parse(await firstLine(child)) as { address: string };
    const binding = folder.file('broker.json', { brokerList: address, topic: 'orders' });
    const check = await run(['check', '--binding', binding, '--json']);
    assert.match(check.stdout, /"step":"partitions","target":"orders","ok":true,"ms":\d+,"detail":"3"/);
    child.kill('SIGTERM');
    const { code, stdout } = await done;
    assert.equal(code, 0);
    assert.equal(jsonLines(stdout).length, 1);
  });

  it('says so when its port is taken', async () => {
    await using taken = await startBroker();
    const port = taken.address.split(':')[1]!;
    const { code, stderr } = await run(['broker', '--port', port]);
    assert.equal(code, 2);
    assert.match(stderr, /in use/);
  });
});
