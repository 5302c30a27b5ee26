/** A network that is cut: silent connections, brokers that know only the past, and hosts that cannot be reached. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { TransportError } from '../../src/errors.ts';
import { firstAnswer, PATIENCE_MS } from '../../src/transport/first-answer.ts';
import { ManualClock } from '../producer/manual-clock.ts';
import { closeAll, openTransport, produceRequest, startBroker, transportFailure } from './rig.ts';
import type { Received, ScriptedBroker } from './scripted-broker.ts';

afterEach(closeAll);

/** Two brokers that know each other. */
async function startPair(): Promise<[ScriptedBroker, ScriptedBroker]> {
  const pair: [ScriptedBroker, ScriptedBroker] = [await startBroker(), await startBroker({ nodeId: 2 })];
  for (const broker of pair) broker.endpoints = pair.map(({ endpoint }) => endpoint);
  return pair;
}

/** Heap and what is outside of it, once garbage is collected; some is let go a turn after its owner. */
async function memoryInUse(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 3; round++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function asked(broker: ScriptedBroker): number {
  return broker.received.filter(({ api }) => api === 'Metadata').length;
}

describe('metadata and a cut', () => {
  it('asks the next broker while the first is silent, and forgets what that one says later', async () => {
    const [silent, good] = await startPair();
    const clock = new ManualClock();
    const transport = openTransport(silent, { requestTimeoutMs: 60_000, clock });
    await transport.connect();
    const late: Received[] = [];
    silent.on('Metadata', (request) => late.push(request));
    const arrived = silent.next('Metadata');
    const answered = transport.metadata([]);
    await arrived;
    await clock.advance(PATIENCE_MS);
    assert.deepEqual((await answered).brokers, good.endpoints);
    assert.equal(asked(good), 1);
    silent.endpoints = [silent.endpoint];
    silent.restore('Metadata');
    late.forEach((request) => {
      silent.answer(request);
    });
    await transport.produce(1, produceRequest());
    await transport.produce(2, produceRequest());
  });

  it('asks a producer id of the next broker, too', async () => {
    const [silent, good] = await startPair();
    const clock = new ManualClock();
    const transport = openTransport(silent, { requestTimeoutMs: 60_000, clock });
    await transport.connect();
    silent.on('InitProducerId', () => undefined);
    const arrived = silent.next('InitProducerId');
    const answered = transport.initProducerId();
    await arrived;
    await clock.advance(PATIENCE_MS);
    assert.equal((await answered).producerId, 4000n + BigInt(good.nodeId));
  });

  it('leaves no timer behind once it has an answer', async () => {
    const [broker] = await startPair();
    const clock = new ManualClock();
    const transport = openTransport(broker, { clock });
    await transport.connect();
    const before = clock.timerCount;
    await transport.metadata([]);
    assert.equal(clock.timerCount, before);
  });

  it('asks all others before one that is doubted', async () => {
    const [doubted, other] = await startPair();
    const transport = openTransport(doubted);
    await transport.connect();
    const before = asked(doubted);
    await transport.metadata(['orders'], new Set([1]));
    assert.equal(asked(other), 1);
    assert.equal(asked(doubted), before);
  });

  it('asks one that is doubted when nobody else answers', async () => {
    const [doubted, other] = await startPair();
    const transport = openTransport(doubted);
    await transport.connect();
    await other.close();
    const before = asked(doubted);
    assert.equal((await transport.metadata(['orders'], new Set([1]))).brokers.length, 2);
    assert.equal(asked(doubted), before + 1);
  });
});

describe('asking one after the other', () => {
  it('rejects, and throws nowhere else, when the next one cannot even be asked', async () => {
    const clock = new ManualClock();
    const thrown = new Error('no further peer can be made');
    function* peers(): Generator<string> {
      yield 'silent';
      throw thrown;
    }
    const ended = assert.rejects(
      firstAnswer(peers(), () => new Promise<never>(() => undefined), clock),
      thrown,
    );
    await clock.advance(PATIENCE_MS);
    await ended;
    const failing = firstAnswer(
      ['one', 'two'].values(),
      (peer) => {
        if (peer === 'two') throw thrown;
        return Promise.reject(new TransportError('gone', { mayBeWritten: false }));
      },
      clock,
    );
    await assert.rejects(failing, thrown);
  });
});

describe('a broker that refuses the login', () => {
  it('is tried at intervals, because each refusal may count towards a locked account', async () => {
    const user = { username: 'alice', password: 'right' };
    const broker = await startBroker({ user });
    const refusing = await startBroker({ nodeId: 2, user: { ...user, password: 'another' } });
    broker.endpoints = [broker.endpoint, refusing.endpoint];
    const clock = new ManualClock();
    const transport = openTransport(broker, { clock, sasl: { mechanism: 'plain', ...user } });
    await transport.connect();
    for (const [afterMs, expected] of [
      [0, 1],
      [39, 1],
      [21, 2],
    ] as const) {
      await clock.advance(afterMs);
      for (let i = 0; i < 20; i++) {
        const error = await transportFailure(transport.produce(2, produceRequest()));
        assert.equal(error.code, 'ERR_AUTH');
        assert.equal(error.fatal, true);
      }
      const logins = refusing.received.filter(({ api }) => api === 'SaslAuthenticate').length;
      assert.equal(logins, expected, `after another ${afterMs} ms`);
    }
  });
});

describe('a broker that takes no connection', () => {
  it('is tried at growing intervals, however many messages wait for it', async () => {
    let attempts = 0;
    const server = createServer((socket) => {
      attempts += 1;
      socket.destroy();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    try {
      const broker = await startBroker();
      broker.endpoints = [broker.endpoint, { nodeId: 2, host: '127.0.0.1', port, rack: null }];
      const clock = new ManualClock();
      const transport = openTransport(broker, { clock });
      await transport.connect();
      for (const [afterMs, expected] of [
        [0, 1],
        [39, 1],
        [21, 2],
        [79, 2],
        [41, 3],
        [10_000, 4],
        [319, 4],
        [161, 5],
      ] as const) {
        await clock.advance(afterMs);
        for (let i = 0; i < 20; i++) {
          const error = await transportFailure(transport.produce(2, produceRequest()));
          assert.equal(error.mayBeWritten, false);
        }
        assert.equal(attempts, expected, `after another ${afterMs} ms`);
      }
    } finally {
      server.close();
    }
  });

  it('costs no memory, however often it is tried', async () => {
    const broker = await startBroker();
    const gone = await startBroker({ nodeId: 2 });
    broker.endpoints = [broker.endpoint, gone.endpoint];
    await gone.close();
    const clock = new ManualClock();
    const transport = openTransport(broker, { clock });
    await transport.connect();
    const parts: number[] = [];
    for (let attempt = 1; attempt <= 1_200; attempt++) {
      await clock.advance(1_201);
      await transportFailure(transport.produce(2, produceRequest()));
      if (attempt % 300 === 0) parts.push(await memoryInUse());
    }
    const [first, ...later] = parts as [number, ...number[]];
    // What a connection is made of takes some ten kilobytes, so nine hundred that were kept would be far above this.
    for (const bytes of later) assert.ok(bytes - first < 2 ** 21, parts.join());
  });

  it('is tried at once after a connection that worked', async () => {
    const broker = await startBroker();
    const transport = openTransport(broker, { clock: new ManualClock() });
    await transport.connect();
    for (let i = 0; i < 3; i++) {
      await transport.produce(1, produceRequest());
      transport.disconnect(1, 'test');
    }
    await transport.produce(1, produceRequest());
  });
});
