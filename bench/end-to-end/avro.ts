/**
 * This package with Avro on: values are records of eight mixed fields, as objects or as JSON texts, whose encoding is
 * exactly as long as the texts that the plain runs send.
 */
import assert from 'node:assert/strict';
import { message, openKafkaOutput } from 'kafka-hotpath';
import { openEngine } from 'kafka-hotpath/engine';
import { flat } from '../corpus.ts';
import { type Order, ORDER_SCHEMA, orderAt } from '../order.ts';
import type { Adapter } from './drive.ts';
import type { Job } from './job.ts';

const SCHEMA = JSON.stringify(ORDER_SCHEMA);

export async function open(job: Job, extra: Readonly<Record<string, string>>): Promise<Adapter> {
  const { broker, topic, idempotence, lingerMs, valueBytes } = job;
  const engine = extra['engine'] === 'typescript' ? 'typescript' : 'wasm';
  const properties = { brokerList: broker, topic, enableIdempotence: idempotence, lingerMs, avroSchema: SCHEMA };
  const output = await openKafkaOutput(properties, { engine });
  const type = openEngine('typescript').compileAvro(SCHEMA);
  let index = 0;
  const orderOf = (text: string): Order => {
    index += 1;
    const order = orderAt(index, '', index % 3 === 0 ? text.slice(0, 16) : null);
    order.customer = text.slice(0, valueBytes - type.encode(order).length);
    // A longer text has a longer length in front of it.
    order.customer = order.customer.slice(0, order.customer.length + valueBytes - type.encode(order).length);
    assert.equal(type.encode(order).length, valueBytes);
    // V8 keeps a part of a text as a reference into the whole, which every reader of it has to follow.
    order.customer = flat(order.customer);
    if (order.note !== null) order.note = flat(order.note);
    return order;
  };
  return {
    message: (key, text) => {
      const order = orderOf(text);
      const value = extra['form'] === 'text' ? JSON.stringify(order) : order;
      return key === undefined ? value : message({ key, value });
    },
    send: async (messages) => {
      (await output.send(messages.length === 1 ? messages[0] : messages)).orThrow();
    },
    close: () => output.close(),
  };
}
