/** Unmodified apps under `kafka-hotpath host`: what their callers were told is in Kafka is there, once each. */
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { finish, firstLine, start } from '../cli/run.ts';
import { RealKafka } from '../support/kafka/broker.ts';
import { describeField, readTopic } from '../support/kafka/reader.ts';

const APPS = { v4: 'examples/azure-functions/javascript', v3: 'examples/azure-functions/javascript-v3' };
const REQUESTS = Number(process.env['HOST_REQUESTS'] ?? 10_000);
const CALLERS = 32;

function post(agent: Agent, url: string, body: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.on('end', () => {
        resolve(response.statusCode);
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

describe('an app under the host, on a real Kafka', () => {
  let kafka: RealKafka;
  before(async () => {
    kafka = await RealKafka.start();
    await kafka.createTopic('orders', { partitions: 3 });
  });
  after(async () => {
    await kafka.dispose();
  });

  for (const [model, app] of Object.entries(APPS)) {
    it(`${model}: answers ${REQUESTS} requests; every message is read back once with key and header`, async () => {
      const child = start(['host', '--app', app, '--port', '0'], { BrokerList: kafka.address });
      const ended = finish(child);
      const address = await firstLine(child);
      const agent = new Agent({ keepAlive: true, maxSockets: CALLERS });
      const statuses = new Map<number | undefined, number>();
      let next = 0;
      const call = async (): Promise<void> => {
        while (next < REQUESTS) {
          const id = next++;
          const status = await post(agent, `${address}/api/orders/${model}-${id}`, JSON.stringify([{ id }]));
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }
      };
      await Promise.all(Array.from({ length: CALLERS }, call));
      agent.destroy();
      child.kill('SIGTERM');
      const { code, stderr } = await ended;
      assert.equal(code, 0, stderr);
      assert.deepEqual([...statuses], [[202, REQUESTS]], stderr);
      // All examples produce to one topic; the key tells whose a message is.
      const all = await readTopic(kafka, 'orders');
      const stored = all.filter(({ key }) => key.startsWith(describeField(`${model}-`)));
      const found = new Set(stored.map(({ key, value }) => `${key} ${value}`));
      assert.equal(stored.length, REQUESTS);
      for (let id = 0; id < REQUESTS; id++) {
        assert.ok(found.has(`${describeField(`${model}-${id}`)} ${describeField(JSON.stringify({ id }))}`), String(id));
      }
      assert.ok(stored.every(({ headers }) => headers === stored[0]?.headers));
    });
  }
});
