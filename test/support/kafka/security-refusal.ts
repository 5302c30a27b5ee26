/**
 * One failure on the way into a real Kafka, from both sides a user sees: opening rejects, and a message that waits is
 * reported. How long that takes is told in attempts and on a clock that the test owns, not by this machine's speed.
 */
import assert from 'node:assert/strict';
import type { LookupFunction } from 'node:net';
import { inspect } from 'node:util';
import { openEngine } from '../../../src/engine/select.ts';
import { type DeliveryReport, KafkaHotpathError } from '../../../src/index.ts';
import { createProducer } from '../../../src/producer/producer.ts';
import { createKafkajsTransport, type KafkajsTransport } from '../../../src/transport/kafkajs.ts';
import type { TransportClock } from '../../../src/transport/idle-watch.ts';
import { ArraySource } from '../../producer/harness.ts';
import { ManualClock } from '../../producer/manual-clock.ts';
import type { SecurityBroker } from './security-broker.ts';
import type { Case } from './security-cases.ts';

/** What connect() gives a failure that may pass. */
const ROUNDS = 3;
const MESSAGE_TIMEOUT_MS = 20_000;
const CANARY = /canary/;

export async function assertRefused(broker: SecurityBroker, each: Omit<Case, 'name'>): Promise<void> {
  const { listener, ssl, sasl, isTried = false, isOurs = false } = each;
  const port = Number(broker.address(listener).split(':')[1]);
  let attempts = 0;
  // Each connection looks its host up, which counts them.
  const lookup: LookupFunction = (_, { all }, callback) => {
    attempts += 1;
    if (all === true) callback(null, [{ address: '127.0.0.1', family: 4 }]);
    else callback(null, '127.0.0.1', 4);
  };
  const open = (clock?: TransportClock): KafkajsTransport =>
    createKafkajsTransport({
      brokers: [{ host: 'localhost', port }],
      clientId: 'security',
      requestTimeoutMs: 30_000,
      connectBackoffMs: 1,
      ssl: ssl?.((name) => broker.pki.read(name)),
      sasl: sasl?.(),
      lookup,
      clock,
    });

  assertTold(await refusalOf(open()), each, `localhost:${port}`);
  assert.equal(attempts, isTried ? ROUNDS : isOurs ? 0 : 1, 'connections tried');

  attempts = 0;
  const clock = new ManualClock();
  const report = await reportOf(open(clock), clock, isTried);
  assert.equal(report.status, 'notPersisted');
  if (isTried) {
    assert.equal(report.error?.code, 'ERR_MESSAGE_TIMEOUT');
    assert.match(report.error.message, each.says, 'the reason is in it');
    assertClean(report.error);
  } else {
    assertTold(report.error, each, `localhost:${port}`);
    assert.equal(attempts, isOurs ? 0 : 1, 'connections tried for the message');
  }
}

async function refusalOf(transport: KafkajsTransport): Promise<unknown> {
  try {
    return await transport.connect().then(
      () => assert.fail('it was let in'),
      (reason: unknown) => reason,
    );
  } finally {
    await transport.close();
  }
}

function assertTold(error: unknown, { code, says, isTried = false }: Omit<Case, 'name'>, address: string): void {
  assert.ok(error instanceof KafkaHotpathError, inspect(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, says);
  assert.ok(error.message.includes(address), error.message);
  assert.equal('fatal' in error && error.fatal, !isTried, 'whether trying again may help');
  assertClean(error);
}

export function assertClean(value: unknown): void {
  assert.doesNotMatch(inspect(value, { depth: Infinity, showHidden: true }) + JSON.stringify(value), CANARY);
}

/** What becomes of a message: at once, with the clock standing still, or at the end of its time and not before. */
async function reportOf(transport: KafkajsTransport, clock: ManualClock, isTried: boolean): Promise<DeliveryReport> {
  const asked: Promise<unknown>[] = [];
  const ask = transport.metadata.bind(transport);
  transport.metadata = (topics) => {
    const answer = ask(topics);
    asked.push(answer.catch(() => undefined));
    return answer;
  };
  const config = { lingerMs: 0, messageTimeoutMs: MESSAGE_TIMEOUT_MS };
  const producer = createProducer({ transport, engine: openEngine(), config, clock });
  try {
    const startedMs = clock.now();
    let isReported = false;
    const sent = producer.produce('open', new ArraySource([{ value: 'x' }])).finally(() => {
      isReported = true;
    });
    if (isTried) {
      await clock.until(() => asked.length === 1);
      await asked[0];
      await clock.until(() => asked.length === 2);
      await asked[1];
      await clock.advance(startedMs + MESSAGE_TIMEOUT_MS - 1 - clock.now());
      assert.equal(isReported, false, 'it is given all of its time');
      await clock.advance(1);
      assert.ok(isReported, 'and no more');
    }
    const report = (await sent).at(0);
    assert.ok(report !== undefined);
    return report;
  } finally {
    await producer.close();
  }
}
