/** The code of docs/azure-functions.md runs as it stands there. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { closeKafkaOutputs } from '../../src/azure-functions/index.ts';
import { type EmbeddedBroker, startBroker } from '../../src/broker/index.ts';
import { startHost } from '../../src/host/index.ts';
import { values } from '../azure-functions/records.ts';

const TEXT = readFileSync('docs/azure-functions.md', 'utf8');
const [V4 = '', V3 = '', ...OTHERS] = [...TEXT.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '');

describe('the code of docs/azure-functions.md', () => {
  let broker: EmbeddedBroker;
  let app: string;
  before(async () => {
    broker = await startBroker({ autoCreateTopics: true });
    process.env['BrokerList'] = broker.address;
    // Beside the tests, where the app finds its packages.
    app = mkdtempSync(join(import.meta.dirname, 'app-'));
  });
  after(async () => {
    rmSync(app, { recursive: true });
    await closeKafkaOutputs();
    await broker.close();
  });

  it('is one block for each model', () => {
    assert.deepEqual([V4 === '', V3 === '', OTHERS.length], [false, false, 0]);
  });

  it('delivers in the v4 model', async () => {
    const folder = join(app, 'v4');
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), '{ "main": "index.js" }');
    writeFileSync(join(folder, 'index.js'), V4);
    const host = await startHost({ app: folder });
    const response = await fetch(`${host.address}/api/orders`, { method: 'POST', body: 'the first message' });
    assert.equal(response.status, 202);
    assert.deepEqual(values(broker, 'orders'), ['the first message', 'a second message']);
    await host.close();
  });

  it('delivers in the v3 model', async () => {
    const folder = join(app, 'v3');
    mkdirSync(join(folder, 'f'), { recursive: true });
    const kafka = {
      type: 'kafka',
      direction: 'out',
      name: 'outputKafkaMessage',
      topic: 'v3',
      brokerList: 'BrokerList',
    };
    const bindings = [{ type: 'httpTrigger', direction: 'in', name: 'req' }, kafka];
    writeFileSync(join(folder, 'package.json'), '{}');
    writeFileSync(join(folder, 'f', 'function.json'), JSON.stringify({ bindings }));
    writeFileSync(join(folder, 'f', 'index.js'), V3);
    const host = await startHost({ app: folder });
    const response = await fetch(`${host.address}/api/f?message=hello`);
    assert.equal(response.status, 204);
    assert.deepEqual(values(broker, 'v3'), ['hello']);
    await host.close();
  });
});
