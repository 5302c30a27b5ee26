/** A request that runs out of time while a throttle holds it back, on a connection that others still need. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { encodeProduceResponse } from '../../src/protocol/produce-server.ts';
import { closeAll, openTransport, produceRequest, startBroker } from './rig.ts';
import type { Received } from './scripted-broker.ts';

afterEach(closeAll);

for (const path of ['corked', 'pool'] as const) {
  describe(`a request that runs out of time while a throttle holds it back, ${path} path`, () => {
    const bounds = { timeout: 20_000 };

    it('is written whole all the same, or not at all: what follows is not read as its body', bounds, async () => {
      const broker = await startBroker();
      const transport = openTransport(broker, { path, requestTimeoutMs: 50 });
      await transport.connect();
      // Two requests are in flight; both answers throttle, the second for less long (the longer one counts).
      const held: Received[] = [];
      const bothCame = new Promise<void>((resolve) => {
        broker.on('Produce', (request) => {
          if (held.push(request) === 2) resolve();
        });
      });
      const inFlight = [transport.produce(1, produceRequest()), transport.produce(1, produceRequest())];
      await bothCame;
      for (const [at, throttleMs] of [400, 1].entries()) {
        const request = held[at]!;
        request.reply(encodeProduceResponse(request.version, { ...broker.produceResponse(request), throttleMs }));
      }
      await Promise.all(inFlight);
      // Held back: a Metadata request, which gives up after 50 ms, and behind it a Produce request, which does not.
      broker.restore('Produce');
      const metadata = transport.metadata(['orders']).catch(() => undefined);
      const { topics } = await transport.produce(1, produceRequest());
      assert.equal(topics.length, 1);
      await metadata;
    });
  });
}
