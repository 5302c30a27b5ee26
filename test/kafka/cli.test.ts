/** `kafka-hotpath produce` on a real Kafka, by the contract other programs rely on: its JSON lines, its exit codes. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { RealKafka } from '../support/kafka/broker.ts';
import { freePorts } from '../support/kafka/ports.ts';
import { describeField, readTopic } from '../support/kafka/reader.ts';

interface Outcome {
  status: number | null;
  lines: Record<string, unknown>[];
  stderr: string;
}

describe('produce on a real Kafka', () => {
  let kafka: RealKafka;
  let folder: string;

  before(async () => {
    kafka = await RealKafka.start();
    await kafka.createTopic('orders', { partitions: 3 });
    folder = mkdtempSync(join(tmpdir(), 'kafka-hotpath-cli-'));
  });
  after(async () => {
    await kafka.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Writes function.json and local.settings.json and runs `produce --json` on the input. */
  async function produce(input: string, properties: object, brokers = kafka.address): Promise<Outcome> {
    const binding = join(folder, 'function.json');
    const settings = join(folder, 'local.settings.json');
    const output = { type: 'kafka', direction: 'out', name: 'out', brokerList: '%Brokers%', topic: 'orders' };
    writeFileSync(binding, JSON.stringify({ bindings: [{ ...output, ...properties }] }));
    writeFileSync(settings, JSON.stringify({ IsEncrypted: false, Values: { Brokers: brokers } }));
    const options = ['produce', '--binding', binding, '--settings', settings, '--json'];
    const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...options], { stdio: 'pipe' });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    child.stdin.end(input);
    const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
    const lines = stdout.split('\n').filter((line) => line !== '');
    return { status, lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>), stderr };
  }

  it('prints one line a message and a summary, and the records are where it says', async () => {
    const envelope = { Offset: 0, Partition: 0, Topic: '', Timestamp: '', Key: 'k', Value: 'envelope', Headers: [] };
    const input = `"text"\n${JSON.stringify(envelope)}\n["one","two"]\n{"plain":true}\n`;
    const { status, lines, stderr } = await produce(input, {});
    assert.equal(status, 0, stderr);
    const summary = lines.pop()?.['summary'] as Record<string, unknown>;
    const { messages, persisted, notPersisted, possiblyPersisted } = summary;
    assert.deepEqual([messages, persisted, notPersisted, possiblyPersisted], [5, 5, 0, 0]);
    const stored = await readTopic(kafka, 'orders');
    const values = new Map(stored.map(({ partition, offset, value }) => [`${partition}/${offset}`, value]));
    const found = lines
      .sort((a, b) => Number(a['line']) - Number(b['line']) || Number(a['item']) - Number(b['item']))
      .map((line) => [
        line['line'],
        line['item'],
        values.get(`${Number(line['partition'])}/${String(line['offset'])}`),
      ]);
    assert.deepEqual(found, [
      [1, 0, describeField('text')],
      [2, 0, describeField('envelope')],
      [3, 0, describeField('one')],
      [3, 1, describeField('two')],
      [4, 0, describeField('{"plain":true}')],
    ]);
    for (const line of lines) {
      assert.deepEqual([line['status'], line['topic']], ['persisted', 'orders']);
      assert.match(String(line['timestamp']), /^\d{13}$/);
      assert.equal(typeof line['offset'], 'string');
    }
  });

  it('ends with 1 when a message failed, and says which and why', async () => {
    const input = `"fine"\n${JSON.stringify('x'.repeat(3000))}\n"fine too"\n`;
    const { status, lines, stderr } = await produce(input, { maxMessageBytes: 2000 });
    assert.equal(status, 1, stderr);
    const failed = lines.filter((line) => line['status'] === 'notPersisted');
    assert.deepEqual(
      failed.map(({ line, code }) => [line, code]),
      [[2, 'ERR_MSG_SIZE_TOO_LARGE']],
    );
  });

  it('ends with 3 for a configuration it cannot use', async () => {
    const { status, stderr } = await produce('"x"\n', { maxRetries: 'many' });
    assert.equal(status, 3, stderr);
    assert.match(stderr, /maxRetries/);
  });

  it('ends with 4 when no broker can be reached', async () => {
    const [port = 0] = await freePorts(1);
    const { status, stderr } = await produce('"x"\n', {}, `127.0.0.1:${port}`);
    assert.equal(status, 4, stderr);
    assert.match(stderr, new RegExp(String(port)));
  });
});
