/** The output with everything real behind it, on the embedded broker. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { type EmbeddedBroker, startBroker, type StoredRecord } from '../../src/broker/index.ts';
import { type KafkaOutputOptions, KafkaHotpathError, message, openKafkaOutput } from '../../src/index.ts';

const CANARY = 'CANARY-c4n4ry-0451';
const ENVELOPE = {
  Offset: 0,
  Partition: 0,
  Topic: 'x',
  Timestamp: '2022-04-09T03:20:06.591Z',
  Key: 'clé',
  Value: 'v',
  Headers: [{ Key: 'h', Value: 'ü' }],
};

function texts(records: readonly StoredRecord[]): unknown[] {
  const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString());
  return records.map(({ key, value, headers }) => [
    text(key),
    text(value),
    headers.map((header) => [header.key, text(header.value)]),
  ]);
}

function codeIs(code: string): (error: unknown) => boolean {
  return (error) => {
    assert.doesNotMatch(inspect(error, { depth: Infinity, showHidden: true }), /CANARY/);
    assert.ok(error instanceof KafkaHotpathError, String(error));
    assert.equal(error.code, code);
    return true;
  };
}

for (const engine of ['wasm', 'typescript'] as const) {
  describe(`the output with the ${engine} engine`, () => {
    let broker: EmbeddedBroker;
    const options: KafkaOutputOptions = { settings: {}, engine };
    before(async () => {
      broker = await startBroker({
        topics: [{ name: 'orders' }, { name: 'sizes' }, { name: 'many' }, { name: 'later' }],
      });
    });
    after(async () => {
      await broker.close();
    });

    it('stores what each form of value means', async () => {
      const output = await openKafkaOutput({ brokerList: broker.address, topic: 'orders' }, options);
      assert.equal(output.engine.kind, engine);
      const keyed = message({ key: '', value: '', headers: { a: null, b: '' }, partition: 0, timestamp: 1234 });
      const values = ['tëxt', { a: [1] }, Buffer.from('bytes'), 7, ENVELOPE, JSON.stringify(ENVELOPE), keyed];
      const tombstone = message({ key: 'k', value: null });
      const reports = (await output.send([...values, tombstone])).orThrow();
      assert.deepEqual(
        [...reports].map(({ offset }) => offset),
        [0, 1, 2, 3, 4, 5, 6, 7],
      );
      await output.close();
      const stored = broker.records('orders');
      assert.deepEqual(texts(stored), [
        [null, 'tëxt', []],
        [null, '{"a":[1]}', []],
        [null, 'bytes', []],
        [null, '7', []],
        ['clé', 'v', [['h', 'ü']]],
        ['clé', 'v', [['h', 'ü']]],
        [
          '',
          '',
          [
            ['a', null],
            ['b', ''],
          ],
        ],
        ['k', null, []],
      ]);
      assert.equal(stored[6]?.timestamp, 1234);
      assert.equal(stored[0]?.timestamp, reports.at(0)?.timestamp);
    });

    it('fails the message that is too large, at the limit exactly, and no other (B35, B36)', async () => {
      const properties = { brokerList: broker.address, topic: 'sizes', maxMessageBytes: 1000 };
      const output = await openKafkaOutput(properties, options);
      // 36 bytes count for the record itself; é has two bytes in UTF-8.
      const fits = ['x'.repeat(964), 'é'.repeat(482)];
      const reports = await output.send([fits[0], 'x'.repeat(965), 'é'.repeat(483), fits[1], () => 0, 'end']);
      assert.deepEqual(
        [...reports].map(({ status, error }) => error?.code ?? status),
        ['persisted', 'ERR_MSG_SIZE_TOO_LARGE', 'ERR_MSG_SIZE_TOO_LARGE', 'persisted', 'ERR_SERIALIZE', 'persisted'],
      );
      assert.match(reports.at(1)?.error?.message ?? '', /1001.*1000/);
      await output.close();
      assert.equal(broker.records('sizes').length, 3);
    });

    it('takes far more messages in one send than the queue holds (B38, B40)', async () => {
      const properties = { brokerList: broker.address, topic: 'many', lingerMs: 0 };
      const output = await openKafkaOutput(properties, { ...options, queueMessagesMax: 1000 });
      const payload = Buffer.from('before');
      const list: unknown[] = Array.from({ length: 50_000 }, (_, index) => ({ index }));
      list.push(payload);
      const sending = output.send(list);
      payload.fill('x');
      list.fill('changed');
      const reports = await sending;
      assert.equal(reports.persistedCount, 50_001);
      await output.close();
      const stored = broker.records('many').map(({ value }) => Buffer.from(value!).toString());
      assert.equal(stored.at(-1), 'before');
      assert.equal(stored[49_999], '{"index":49999}');
    });

    it('connects with the first message when told to wait', async () => {
      const properties = { brokerList: broker.address, topic: 'later' };
      const output = await openKafkaOutput(properties, { ...options, connect: false });
      assert.equal((await output.send('x')).persistedCount, 1);
      output.enqueue(['y', Symbol('bad')]);
      await assert.rejects(output.flush(), codeIs('ERR_DELIVERY'));
      await output.close();
      await assert.rejects(output.send('z'), codeIs('ERR_CLOSED'));
    });
  });
}

describe('opening fails with a typed error that shows no secret', () => {
  const sasl = { topic: 'orders', protocol: 'SaslPlaintext', username: 'user', password: '%Password%' };

  it('when no broker answers', async () => {
    const gone = await startBroker();
    await gone.close();
    const opening = openKafkaOutput({ ...sasl, brokerList: gone.address }, { settings: { Password: CANARY } });
    await assert.rejects(opening, codeIs('ERR_CONNECT'));
  });

  it('when the password is wrong, in each mechanism', async () => {
    await using broker = await startBroker({ topics: [{ name: 'orders' }], sasl: { user: 'right' } });
    for (const authenticationMode of ['Plain', 'ScramSha256', 'ScramSha512']) {
      const properties = { ...sasl, brokerList: broker.address, authenticationMode };
      await assert.rejects(openKafkaOutput(properties, { settings: { Password: CANARY } }), codeIs('ERR_AUTH'));
      const output = await openKafkaOutput(properties, { settings: { Password: 'right' } });
      assert.equal((await output.send('x')).persistedCount, 1);
      await output.close();
    }
  });

  it('when the topic does not exist', async () => {
    await using broker = await startBroker();
    const opening = openKafkaOutput({ brokerList: broker.address, topic: 'none' }, { settings: {} });
    await assert.rejects(opening, codeIs('ERR_UNKNOWN_TOPIC'));
    // Nothing is left open: the broker sees the last connection go.
    await broker.control.waitFor(() => broker.connections === 0);
  });
});
