/** Bindings with a schema on the command line: produce, check and the sidecar, on a broker with real connections. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type EmbeddedBroker, startBroker } from '../../src/broker/index.ts';
import { FakeRegistry } from '../support/registry/fake-registry.ts';
import { finish, firstLine, Folder, jsonLines, run, start } from './run.ts';

const SCHEMA = '{"type":"record","name":"Order","fields":[{"name":"id","type":"long"}]}';

describe('a binding with avroSchema', () => {
  const folder = new Folder();
  let broker: EmbeddedBroker;
  let registry: FakeRegistry;
  let environment: Record<string, string>;
  const kafka = { type: 'kafka', direction: 'out', brokerList: '%BrokerList%', avroSchema: '%Schema%' };
  const binding = folder.file('function.json', {
    bindings: [
      { ...kafka, name: 'given', topic: 'given', schemaId: 258 },
      { ...kafka, name: 'registered', topic: 'registered', schemaRegistryUrl: '%Registry%' },
      { ...kafka, name: 'sidecar', topic: 'sidecar' },
    ],
  });
  before(async () => {
    broker = await startBroker({ topics: ['given', 'registered', 'sidecar'].map((name) => ({ name })) });
    registry = await FakeRegistry.start({ firstId: 65_537 });
    environment = { BrokerList: broker.address, Schema: SCHEMA, Registry: registry.url };
  });
  after(async () => {
    await broker.close();
    await registry.stop();
    folder.remove();
  });

  function stored(topic: string): string[] {
    return broker.records(topic).map(({ value }) => Buffer.from(value ?? []).toString('hex'));
  }

  it('is encoded by produce; a message that does not fit fails alone', async () => {
    const input = '{"id":1}\n[{"id":2},{"id":"3"}]\n"{\\"id\\":4}"\n';
    const { code, stdout } = await run(['produce', '--binding', `${binding}#given`, '--json'], input, environment);
    assert.equal(code, 1);
    assert.deepEqual(stored('given'), ['000000010202', '000000010204', '000000010208']);
    const failed = jsonLines(stdout).filter(({ code: failure }) => failure !== undefined);
    assert.deepEqual(
      failed.map(({ line, item, code: failure }) => [line, item, failure]),
      [[2, 1, 'ERR_AVRO_VALUE']],
    );
    assert.match(String(failed[0]?.['message']), /^line 2 item 1 \(\$\.id\): got a string of 1 characters; allowed: /);
  });

  it('has its id from the registry; one that does not know the schema is a mistake of the configuration', async () => {
    const produce = (): ReturnType<typeof run> =>
      run(['produce', '--binding', `${binding}#registered`], '{"id":1}\n', environment);
    const { code, stderr } = await produce();
    assert.equal(code, 3);
    assert.match(stderr, /registered-value.*ERR_REGISTRY_NOT_FOUND/s);
    registry.register('registered-value', SCHEMA);
    assert.equal((await produce()).code, 0);
    assert.deepEqual(stored('registered'), ['000001000102']);
  });

  it('is shown by check', async () => {
    const { code, stdout } = await run(['check', '--binding', `${binding}#given`, '--offline'], '', environment);
    assert.equal(code, 0);
    assert.match(stdout, /^schemaId +258 /m);
    const bad = await run(['check', '--binding', `${binding}#given`, '--offline'], '', {
      ...environment,
      Schema: '{}',
    });
    assert.equal(bad.code, 3);
    assert.match(bad.stderr, /avroSchema: /);
  });

  it('is encoded by the sidecar', async () => {
    const child = start(['serve', '--binding', `${binding}#sidecar`, '--port', '0'], environment);
    const ended = finish(child);
    const address = await firstLine(child);
    const response = await fetch(`${address}/bindings/sidecar`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: '{"id":1}\n{"id":2}\n',
    });
    await response.text();
    child.kill('SIGTERM');
    await ended;
    assert.deepEqual(stored('sidecar'), ['02', '04']);
  });
});
