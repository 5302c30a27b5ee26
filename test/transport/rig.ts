/** What the transport's tests share: brokers and transports that are closed after each test, a request, a failure. */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { TransportError } from '../../src/errors.ts';
import type { ProduceRequest } from '../../src/protocol/messages.ts';
import {
  createKafkajsTransport,
  type KafkajsTransport,
  type KafkajsTransportOptions,
} from '../../src/transport/kafkajs.ts';
import { ScriptedBroker, type ScriptedBrokerOptions } from './scripted-broker.ts';

/** Not a record batch: the scripted broker does not look. */
const BATCH = Buffer.alloc(3000, 0x5a);

export function produceRequest(partitions: number[] = [0], batch: Uint8Array = BATCH): ProduceRequest {
  const entries = partitions.map((partition) => ({ partition, batch }));
  return { acks: -1, timeoutMs: 5000, topics: [{ topic: 'orders', partitions: entries }] };
}

export async function transportFailure(promise: Promise<unknown>): Promise<TransportError> {
  const error: unknown = await promise.then(
    () => assert.fail('resolved'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof TransportError, `not a TransportError: ${inspect(error)}`);
  return error;
}

const brokers: ScriptedBroker[] = [];
const transports: KafkajsTransport[] = [];

export async function startBroker(options?: ScriptedBrokerOptions): Promise<ScriptedBroker> {
  const broker = await ScriptedBroker.start(options);
  brokers.push(broker);
  return broker;
}

export function openTransport(
  broker: ScriptedBroker,
  options: Partial<KafkajsTransportOptions> = {},
): KafkajsTransport {
  const transport = createKafkajsTransport({
    brokers: [{ host: broker.host, port: broker.port }],
    clientId: 'test-client',
    requestTimeoutMs: 2000,
    connectBackoffMs: 1,
    ...options,
  });
  transports.push(transport);
  return transport;
}

/** For afterEach. */
export async function closeAll(): Promise<void> {
  await Promise.all(transports.splice(0).map((transport) => transport.close()));
  await Promise.all(brokers.splice(0).map((broker) => broker.close()));
}
