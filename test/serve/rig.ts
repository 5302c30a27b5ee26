/** A sidecar on an embedded broker, and ways to talk to it. */
import { connect } from 'node:net';
import { type EmbeddedBroker, startBroker } from '../../src/broker/index.ts';
import { openKafkaOutput } from '../../src/binding/kafka-output.ts';
import type { KafkaOutput } from '../../src/binding/output-api.ts';
import { type Sidecar, type SidecarOptions, startSidecar } from '../../src/serve/index.ts';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

export interface Rig {
  broker: EmbeddedBroker;
  output: KafkaOutput;
  sidecar: Sidecar;
  post(path: string, type: string, body: string | Buffer, headers?: Record<string, string>): Promise<Answer>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  /** What comes back for these bytes, until the connection ends. */
  raw(bytes: string): Promise<string>;
  /** The texts of all values of the topic. */
  values(): string[];
  close(): Promise<void>;
}

export async function startRig(options: SidecarOptions = {}, properties: object = {}): Promise<Rig> {
  const broker = await startBroker({ topics: [{ name: 'orders', partitions: 1 }] });
  const output = await openKafkaOutput({ name: 'out', brokerList: broker.address, topic: 'orders', ...properties });
  const sidecar = await startSidecar(output, options);
  const ask = async (path: string, init: RequestInit): Promise<Answer> => {
    const { status, headers, ...response } = await fetchAll(sidecar.address + path, init);
    return { status, headers, text: response.text };
  };
  return {
    broker,
    output,
    sidecar,
    post: (path, type, body, headers = {}) =>
      ask(path, { method: 'POST', headers: { 'content-type': type, ...headers }, body: body as string }),
    get: (path, headers = {}) => ask(path, { headers }),
    raw: (bytes) => exchange(sidecar.address, bytes),
    values: () => broker.records('orders').map(({ value }) => Buffer.from(value ?? []).toString('utf8')),
    close: async () => {
      await sidecar.close();
      await broker.close();
    },
  };
}

async function fetchAll(url: string, init: RequestInit): Promise<{ status: number; headers: Headers; text: string }> {
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

export function exchange(address: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => (text += part));
  socket.write(bytes);
  return new Promise((resolve) => {
    // A reset after the answer ends the exchange like any other end.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve(text);
    });
  });
}

export function ndjson(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
