/**
 * No secret is in anything that tells of a failed login: errors with all that hangs on them, events, reports, warnings
 * of the process, the objects themselves. Each code of src/errors.ts that such a failure can have is provoked.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { openEngine } from '../../src/engine/select.ts';
import { DeliveryError, KafkaHotpathError, type ProducerEvent } from '../../src/index.ts';
import { createProducer } from '../../src/producer/producer.ts';
import { createKafkajsTransport } from '../../src/transport/kafkajs.ts';
import { ArraySource } from '../producer/harness.ts';
import { SecurityPki } from '../support/kafka/security-pki.ts';
import { withoutOpenssl } from '../transport/pki.ts';
import { assertSilent } from './canary.ts';
import { PROVOKED } from './provoked.ts';

/** Where a realm is needed, test/kafka/security-failures.test.ts looks at the errors in the same way. */
const ON_REAL_KAFKA = /^ERR_AUTH_KERBEROS/;

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

describe('a login that fails shows no secret', { skip: withoutOpenssl }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-hotpath-secrets-'));
  const emitted: unknown[] = [];
  const onWarning = (warning: unknown): void => void emitted.push(warning);
  let pki: SecurityPki;

  before(() => {
    pki = new SecurityPki(folder);
    process.on('warning', onWarning);
  });
  after(() => {
    process.off('warning', onWarning);
    rmSync(folder, { recursive: true });
    assertSilent(emitted, 'a warning of the process');
  });

  it('in every code there is', () => {
    const codes = [...readFileSync('src/errors.ts', 'utf8').matchAll(/'(ERR_(?:AUTH|TLS|LISTENER)\w*)'/g)]
      .map(([, code = '']) => code)
      .filter((code) => !ON_REAL_KAFKA.test(code));
    assert.deepEqual(Object.keys(PROVOKED).sort(), [...new Set(codes)].sort());
  });

  for (const [code, ways] of Object.entries(PROVOKED)) {
    for (const [index, provoke] of ways.entries()) {
      it(`${code}${ways.length > 1 ? `, way ${index + 1}` : ''}`, async () => {
        const { port, options } = await provoke((step) => undo.push(step), pki);
        const transport = createKafkajsTransport({
          brokers: [{ host: '127.0.0.1', port }],
          clientId: 'secrets',
          requestTimeoutMs: 30_000,
          connectBackoffMs: 1,
          ...options,
        });
        undo.push(() => transport.close());
        const error: unknown = await transport.connect().then(
          () => assert.fail('it was let in'),
          (reason: unknown) => reason,
        );
        assert.ok(error instanceof KafkaHotpathError);
        assert.equal(error.code, code, error.message);
        assertSilent(error, 'the error');
        await look(transport, code);
      });
    }
  }

  /** The same failure as it reaches a message, its report and the events on the way. */
  async function look(transport: ReturnType<typeof createKafkajsTransport>, code: string): Promise<void> {
    const events: ProducerEvent[] = [];
    const config = { lingerMs: 0, messageTimeoutMs: 1 };
    const onEvent = (event: ProducerEvent): void => void events.push(event);
    const producer = createProducer({ transport, engine: openEngine(), config, onEvent });
    try {
      const reports = await producer.produce('orders', new ArraySource([{ value: 'x' }]));
      assert.throws(
        () => reports.orThrow(),
        (thrown) => {
          assert.ok(thrown instanceof DeliveryError);
          assertSilent(thrown, 'the thrown error');
          return true;
        },
      );
      const told = reports.at(0)?.error?.code;
      assert.ok(told === code || told === 'ERR_MESSAGE_TIMEOUT', told);
      assertSilent([...reports], 'the report');
      assertSilent(reports.toJSON(), 'the reports as JSON');
      assertSilent(events, 'an event');
      assertSilent({ transport, producer }, 'an object');
    } finally {
      await producer.close();
    }
  }
});
