/** Bytes no broker should send. Whatever comes, a promise rejects; nothing hangs, and the process lives. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { KafkaHotpathError } from '../../src/errors.ts';
import type { ApiName } from '../../src/protocol/api-keys.ts';
import { encodeApiVersionsResponse } from '../../src/protocol/api-versions-server.ts';
import { createKafkajsTransport } from '../../src/transport/kafkajs.ts';
import { Random } from '../support/random.ts';
import { type Received, ScriptedBroker } from './scripted-broker.ts';

const USER = { username: 'alice', password: 'canary-91' };
const BATCH = Buffer.alloc(100, 1);
const PRODUCE = {
  acks: -1,
  timeoutMs: 100,
  topics: [{ topic: 'orders', partitions: [{ partition: 0, batch: BATCH }] }],
};
/** The requests of one life of a connection, in their order. */
const APIS: ApiName[] = ['ApiVersions', 'SaslHandshake', 'SaslAuthenticate', 'Metadata', 'InitProducerId', 'Produce'];

const strays: unknown[] = [];
const onStray = (error: unknown): void => {
  strays.push(error);
};

/** Replaces what the broker would have answered. */
function answerWith(broker: ScriptedBroker, api: ApiName, change: (answer: Buffer) => Buffer): void {
  broker.on(api, (request: Received) => {
    broker.answer({
      ...request,
      reply(answer) {
        request.reply(change(Buffer.from(answer)));
      },
    });
  });
}

/** Connects and sends one of everything, or everything up to `last`; how it ended. */
async function live(broker: ScriptedBroker, last: ApiName = 'Produce'): Promise<KafkaHotpathError | undefined> {
  const transport = createKafkajsTransport({
    brokers: [broker.endpoint],
    clientId: 'x',
    sasl: { mechanism: 'plain', ...USER },
    requestTimeoutMs: 200,
    authenticationTimeoutMs: 200,
    connectBackoffMs: 0,
    // A throttle is obeyed, for up to 30 s; no test waits for that.
    onEvent: ({ type }) => {
      if (type === 'throttled') void transport.close();
    },
  });
  try {
    await transport.connect();
    await transport.initProducerId();
    if (last === 'Produce') await transport.produce(1, PRODUCE);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof KafkaHotpathError, inspect(error));
    assert.ok(!inspect(error, { depth: 20 }).includes(USER.password));
    return error;
  } finally {
    await transport.close();
  }
}

describe('hostile bytes', () => {
  let broker: ScriptedBroker;

  before(async () => {
    process.on('unhandledRejection', onStray).on('uncaughtException', onStray);
    broker = await ScriptedBroker.start({ user: USER });
  });

  afterEach(() => {
    for (const api of APIS) broker.restore(api);
  });

  after(async () => {
    await broker.close();
    process.off('unhandledRejection', onStray).off('uncaughtException', onStray);
    assert.deepEqual(strays, []);
  });

  it('are not what a good broker sends', async () => {
    assert.equal(await live(broker), undefined);
  });

  for (const api of APIS) {
    it(`in ${api}: an answer cut short at every length`, async () => {
      const lengths: number[] = [];
      answerWith(broker, api, (answer) => {
        lengths.push(answer.length);
        return answer;
      });
      await live(broker);
      for (let length = 0; length < lengths[0]!; length++) {
        answerWith(broker, api, (answer) => answer.subarray(0, length));
        const error = await live(broker);
        // What kafkajs reads itself it reads with less care: trailing fields may be missing from its own requests.
        if (api === 'Metadata' || api === 'InitProducerId' || api === 'Produce') {
          assert.match(error?.message ?? '', /Kafka protocol: /, `${length} of ${lengths[0]!} bytes`);
        }
      }
    });

    it(`in ${api}: bytes changed at random`, async () => {
      const seed = 20_261_123 + APIS.indexOf(api);
      const random = new Random(seed);
      for (let round = 0; round < 60; round++) {
        answerWith(broker, api, (answer) => {
          for (let i = 0; i <= random.below(4); i++) {
            if (answer.length > 0) answer[random.below(answer.length)] = [0, 0x7f, 0x80, 0xff][random.below(4)]!;
          }
          return answer;
        });
        // Changed metadata may name any host there is, and a test connects to none but its own.
        await live(broker, api === 'Metadata' ? 'InitProducerId' : 'Produce');
      }
    });
  }

  it('in ApiVersions: empty, reversed, refused, endless', async () => {
    const none = { errorCode: 0, throttleMs: 0, ranges: new Map() };
    const many = new Map(Array.from({ length: 30_000 }, (_, key) => [key, { min: 0, max: 1 }]));
    const cases = [
      none,
      { ...none, ranges: new Map([0, 3, 17, 22, 36].map((key) => [key, { min: 9, max: 3 }])) },
      { ...none, errorCode: 35 },
      { ...none, ranges: many },
      { ...none, throttleMs: 2 ** 31 - 1 },
    ];
    for (const response of cases) {
      broker.on('ApiVersions', (request) => {
        request.reply(encodeApiVersionsResponse(request.version, response));
      });
      assert.ok((await live(broker)) !== undefined);
    }
  });

  it('in InitProducerId: an id of −1 without an error', async () => {
    answerWith(broker, 'InitProducerId', (answer) => {
      answer.fill(0xff, answer.length - 11, answer.length - 3);
      return answer;
    });
    assert.match((await live(broker))?.message ?? '', /got producer id -1/);
  });
});
