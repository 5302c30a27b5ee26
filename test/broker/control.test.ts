/** Faults of the control: frozen nodes, overtaking answers, other producer ids, limits and passwords. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startBroker } from '../../src/broker/index.ts';
import { decodeInitProducerIdResponse, encodeInitProducerId } from '../../src/protocol/init-producer-id.ts';
import { Reader } from '../../src/protocol/reader.ts';
import { Writer } from '../../src/protocol/writer.ts';
import { BATCH_A } from '../protocol/vectors.ts';
import { RawClient } from './raw-client.ts';
import { withBroker } from './with-broker.ts';

/** SASL PLAIN for the user ann; the error code and the lifetime of the session. */
async function signIn(client: RawClient, password: string): Promise<[errorCode: number, lifetimeMs: number]> {
  const handshake = new Writer(false);
  handshake.string('PLAIN');
  await client.request('SaslHandshake', 1, handshake.cut());
  const token = new Writer(false);
  token.bytes(Buffer.from(`\0ann\0${password}`));
  const answer = new Reader(await client.request('SaslAuthenticate', 1, token.cut()), 'SaslAuthenticate', false);
  const errorCode = answer.int16('error');
  answer.nullableString('message');
  answer.bytes('token');
  return [errorCode, Number(answer.int64('lifetime'))];
}

describe('the control of the embedded broker', () => {
  it('lets an answer overtake one that is held back', async () => {
    await withBroker({}, async (broker, client) => {
      let open = (): void => undefined;
      const opened = new Promise<void>((resolve) => (open = resolve));
      void broker.control.once('Produce', { holdReplyUntil: opened });
      const first = client.sendBatch('t', 0, BATCH_A);
      void broker.control.once('Produce', { overtake: true });
      const second = client.sendBatch('t', 0, BATCH_A);
      assert.equal((await client.receive()).correlationId, second);
      open();
      assert.equal((await client.receive()).correlationId, first);
    });
  });

  it('shows a request to who waits for it although another hook decides about it', async () => {
    await withBroker({}, async (broker, client) => {
      broker.control.onRequest(() => ({ errorCode: 6 }));
      const seen = broker.control.nextRequest('Produce');
      assert.equal((await client.produce('t', 0, BATCH_A)).errorCode, 6);
      assert.equal((await seen).apiName, 'Produce');
    });
  });

  it('freezes a node: what was sent stays unread until it resumes, on new connections too', async () => {
    await withBroker({}, async (broker, client) => {
      broker.control.freezeNode(1);
      client.sendBatch('t', 0, BATCH_A);
      const other = await RawClient.open(broker.address);
      other.sendBatch('t', 0, BATCH_A);
      await broker.control.waitFor(() => broker.connections === 2);
      assert.equal(broker.records('t').length, 0);
      broker.control.resumeNode(1);
      await Promise.all([client.receive(), other.receive()]);
      assert.equal(broker.records('t').length, 2);
      other.close();
    });
  });

  it('hands out the producer id and epoch a test asks for', async () => {
    await withBroker({}, async (broker, client) => {
      const identity = { producerId: 77n, producerEpoch: 32_767 };
      void broker.control.once('InitProducerId', { rewriteInitProducerId: () => identity });
      const answer = await client.request('InitProducerId', 4, encodeInitProducerId(4));
      assert.deepEqual(decodeInitProducerIdResponse(4, answer), { throttleMs: 0, errorCode: 0, ...identity });
    });
  });

  it('changes the size limit of a topic', async () => {
    await withBroker({}, async (broker, client) => {
      broker.control.setMaxMessageBytes('t', BATCH_A.length - 1);
      assert.equal((await client.produce('t', 0, BATCH_A)).errorCode, 10);
      broker.control.setMaxMessageBytes('t', BATCH_A.length);
      assert.equal((await client.produce('t', 0, BATCH_A)).errorCode, 0);
    });
  });

  it('ends sessions after their lifetime, and takes back a password', async () => {
    let now = 1_000;
    const broker = await startBroker({
      sasl: { ann: 'old' },
      saslSessionLifetimeMs: 500,
      now: () => now,
      topics: [{ name: 't' }],
    });
    const client = await RawClient.open(broker.address);
    assert.deepEqual(await signIn(client, 'old'), [0, 500]);
    broker.control.setPassword('ann', 'new');
    assert.equal((await client.produce('t', 0, BATCH_A)).errorCode, 0, 'an open session goes on');
    now += 500;
    client.sendBatch('t', 0, BATCH_A);
    await client.ended();
    const other = await RawClient.open(broker.address);
    assert.equal((await signIn(other, 'old'))[0], 58);
    const third = await RawClient.open(broker.address);
    assert.equal((await signIn(third, 'new'))[0], 0);
    third.close();
    await broker.close();
    assert.throws(() => {
      broker.control.freezeNode(2);
    }, /there is no node 2/);
  });

  it('has no password to change where nobody signs in', async () => {
    await withBroker({}, (broker) => {
      assert.throws(() => {
        broker.control.setPassword('ann', 'x');
      }, /without sasl users/);
      return Promise.resolve();
    });
  });
});
