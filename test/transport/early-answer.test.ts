/**
 * A broker that answers a request which it has not read yet. What the caller does to its bytes once it has the answer,
 * the producer among them, which uses the memory of a batch again, must not reach the socket any more.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { encodeResponseHeader } from '../../src/protocol/frame.ts';
import { encodeProduceResponse } from '../../src/protocol/produce-server.ts';
import type { SeamPath } from '../../src/transport/kafkajs-seam.ts';
import { closeAll, openTransport, startBroker } from './rig.ts';

afterEach(closeAll);

/** More than the sockets of both sides hold between them. */
const BATCH_BYTES = 64 * 2 ** 20;
const PREFIX_BYTES = 12;

/** A node that passes on everything but a large request: that one it answers when it has seen how it begins. */
async function startHastyNode(port: number): Promise<{ port: number; whole: Promise<Buffer>; readOn: () => void }> {
  let readOn = (): void => undefined;
  let finish: (request: Buffer) => void;
  const whole = new Promise<Buffer>((resolve) => {
    finish = resolve;
  });
  const server = createServer((client) => {
    const behind = connect(port, '127.0.0.1');
    behind.on('error', () => undefined).pipe(client);
    client.on('error', () => undefined).on('close', () => behind.destroy());
    const pieces: Buffer[] = [];
    let left = 0;
    client.on('data', (piece: Buffer) => {
      if (left === 0 && piece.readInt32BE(0) < BATCH_BYTES) {
        behind.write(piece);
        return;
      }
      if (left === 0) {
        left = 4 + piece.readInt32BE(0);
        client.pause();
        answerEarly(client, piece);
      }
      pieces.push(piece);
      left -= piece.length;
      if (left === 0) finish(Buffer.concat(pieces));
    });
    readOn = () => client.resume();
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const { port: ownPort } = server.address() as { port: number };
  return {
    port: ownPort,
    whole,
    readOn: () => {
      readOn();
    },
  };
}

function answerEarly(client: Socket, request: Buffer): void {
  const version = request.readInt16BE(6);
  const body = encodeProduceResponse(version, {
    topics: [
      {
        topic: 'orders',
        partitions: [
          {
            partition: 0,
            errorCode: 0,
            baseOffset: 5,
            logAppendTimeMs: -1,
            logStartOffset: 0,
            recordErrors: [],
            errorMessage: null,
          },
        ],
      },
    ],
    throttleMs: 0,
    nodeEndpoints: [],
  });
  client.write(Buffer.concat([encodeResponseHeader(request.readInt32BE(PREFIX_BYTES - 4), body.length), body]));
}

for (const path of ['corked', 'pool'] satisfies SeamPath[]) {
  describe(`an answer that comes before its request is written, ${path} path`, () => {
    it('is kept back until the socket has let go of the bytes', async () => {
      const broker = await startBroker();
      const hasty = await startHastyNode(broker.port);
      broker.endpoints = [{ ...broker.endpoint, port: hasty.port }];
      const transport = openTransport(broker, { path });
      await transport.connect();
      const batch = Buffer.alloc(BATCH_BYTES, 7);
      const topics = [{ topic: 'orders', partitions: [{ partition: 0, batch }] }];
      const sent = transport.produce(1, { acks: -1, timeoutMs: 1000, topics }).then((response) => {
        batch.fill(9);
        return response;
      });
      // Metadata goes another way and comes back later than the early answer could have.
      for (let round = 0; round < 5; round++) await transport.metadata([]);
      hasty.readOn();
      const written = await hasty.whole;
      assert.equal(written.includes(9, written.indexOf(7)), false, 'bytes of later use were written');
      assert.equal((await sent).topics[0]!.partitions[0]!.baseOffset, 5);
    });
  });
}
