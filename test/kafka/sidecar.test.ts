/** Every form of the sidecar's requests ends up in a real Kafka, as Kafka's own consumer reads it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { finish, firstLine, start } from '../cli/run.ts';
import { RealKafka } from '../support/kafka/broker.ts';
import { describeField, readTopic } from '../support/kafka/reader.ts';

describe('serve on a real Kafka', () => {
  let kafka: RealKafka;
  let folder: string;
  before(async () => {
    kafka = await RealKafka.start();
    await kafka.createTopic('orders', { partitions: 1 });
    folder = mkdtempSync(join(tmpdir(), 'kafka-hotpath-serve-'));
  });
  after(async () => {
    await kafka.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it('stores what it answers, in every form, and ends at SIGTERM', async () => {
    const binding = join(folder, 'function.json');
    const output = { type: 'kafka', direction: 'out', name: 'out', brokerList: kafka.address, topic: 'orders' };
    writeFileSync(binding, JSON.stringify({ bindings: [output] }));
    const child = start(['serve', '--binding', binding, '--port', '0', '--quiet']);
    const done = finish(child);
    const address = await firstLine(child);
    const post = async (path: string, type: string, body: string): Promise<number> => {
      const response = await fetch(address + path, { method: 'POST', headers: { 'content-type': type }, body });
      await response.text();
      return response.status;
    };
    const lines = Array.from({ length: 5000 }, (_, index) => `"${index}"`);
    const statuses = [
      await post('/v1.0/bindings/out', 'application/json', '{"operation":"create","data":"dapr"}'),
      await post('/topics/orders', 'application/vnd.kafka.json.v2+json', '{"records":[{"value":"v2"}]}'),
      await post('/v3/clusters/c/topics/orders/records', 'application/json', '{"value":{"type":"STRING","data":"v3"}}'),
      await post('/outputs', 'application/json', '{"Outputs":{"out":"handler"}}'),
      await post('/bindings/out', 'application/x-ndjson', lines.join('\n')),
    ];
    assert.deepEqual(statuses, [204, 200, 200, 200, 200]);
    child.kill('SIGTERM');
    const { code, stderr } = await done;
    assert.equal(code, 0, stderr);
    const stored = await readTopic(kafka, 'orders');
    const texts = ['dapr', '"v2"', 'v3', 'handler', ...lines.map((line) => JSON.parse(line) as string)];
    assert.deepEqual(
      stored.map(({ value }) => value),
      texts.map((text) => describeField(text)),
    );
  });
});
