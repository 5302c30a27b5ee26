/** A bare Kafka client for broker tests: sends any bytes, and hands out what comes back in the order it comes. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ApiKey, type ApiName } from '../../src/protocol/api-keys.ts';
import { encodeRequestHeader } from '../../src/protocol/frame.ts';
import type { ProducePartitionResponse, ProduceResponse } from '../../src/protocol/messages.ts';
import { decodeProduceResponse, encodeProduce } from '../../src/protocol/produce.ts';

const PRODUCE_VERSION = 10;

export interface RawResponse {
  correlationId: number;
  body: Buffer;
}

export class RawClient {
  readonly socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #correlationId = 0;
  readonly #closed: Promise<unknown>;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.#closed = new Promise((resolve) => {
      socket.once('close', resolve);
    });
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      socket.emit('received');
    });
  }

  static async open(address: string): Promise<RawClient> {
    const [host, port] = address.split(':');
    const socket = connect(Number(port), host);
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Writes one request and returns its correlation id. */
  send(name: ApiName, version: number, body: Uint8Array): number {
    const correlationId = ++this.#correlationId;
    const header = { apiKey: ApiKey[name], version, correlationId, clientId: 'raw' };
    this.socket.write(Buffer.concat([encodeRequestHeader(header, body.length), body]));
    return correlationId;
  }

  /** The next response; rejects when the connection ends first. */
  async receive(): Promise<RawResponse> {
    for (;;) {
      const length = this.#received.length < 4 ? undefined : this.#received.readInt32BE(0);
      if (length !== undefined && this.#received.length >= 4 + length) {
        const frame = this.#received.subarray(4, 4 + length);
        this.#received = this.#received.subarray(4 + length);
        return { correlationId: frame.readInt32BE(0), body: frame.subarray(4) };
      }
      if (this.socket.destroyed) throw new Error('the connection ended');
      await Promise.race([once(this.socket, 'received'), this.#closed]);
    }
  }

  async request(name: ApiName, version: number, body: Uint8Array): Promise<Buffer> {
    this.send(name, version, body);
    return (await this.receive()).body;
  }

  sendBatch(topic: string, partition: number, batch: Uint8Array): number {
    const request = { acks: -1, timeoutMs: 1000, topics: [{ topic, partitions: [{ partition, batch }] }] };
    return this.send('Produce', PRODUCE_VERSION, encodeProduce(PRODUCE_VERSION, request));
  }

  async receiveProduce(): Promise<ProduceResponse> {
    return decodeProduceResponse(PRODUCE_VERSION, (await this.receive()).body);
  }

  /** Produces one batch and returns what became of it. */
  async produce(topic: string, partition: number, batch: Uint8Array): Promise<ProducePartitionResponse> {
    this.sendBatch(topic, partition, batch);
    const response = await this.receiveProduce();
    const [entry] = response.topics.flatMap((answered) => answered.partitions);
    if (entry === undefined) throw new Error('the answer names no partition');
    return entry;
  }

  /** Resolves when the broker has ended the connection. */
  async ended(): Promise<void> {
    await this.#closed;
  }

  close(): void {
    this.socket.destroy();
  }
}
