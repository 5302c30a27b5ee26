/** Keys and values by an Avro schema: what is sent, what is refused and how, with both engines. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveConfig } from '../../src/binding/config.ts';
import type { ConfigOptions } from '../../src/binding/config-options.ts';
import { message } from '../../src/binding/message.ts';
import type { FieldEncoder } from '../../src/binding/encoded-field.ts';
import type { SchemaConfig } from '../../src/binding/schema-config.ts';
import { sourceOf } from '../../src/binding/values.ts';
import { type AvroType, openEngine } from '../../src/engine/index.ts';
import { KafkaHotpathError } from '../../src/errors.ts';
import { AvroFormat } from '../../src/formats/avro-format.ts';
import { frontOf } from '../../src/formats/wire-format.ts';
import type { RecordSource } from '../../src/producer/api.ts';
import { Random } from '../support/random.ts';
import { drain, type SentRecord } from './fake-producer.ts';

const ORDER = JSON.stringify({
  type: 'record',
  name: 'Order',
  namespace: 'shop',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'customer', type: 'string' },
    { name: 'lines', type: { type: 'array', items: 'double' }, default: [] },
  ],
});
const GOOD = { brokerList: 'one:9092', topic: 'orders' };
const NOW = 77;

function envelopeOf(value: unknown, more: object): object {
  return { Offset: 0, Partition: 0, Topic: '', Timestamp: '', Value: value, Headers: [], ...more };
}

type Kind = 'wasm' | 'typescript';

function source(kind: Kind, properties: object, value: unknown, options: ConfigOptions = {}): RecordSource {
  const config = resolveConfig({ ...GOOD, ...properties }, {}, options);
  assert.ok(config.schemas !== undefined);
  const { key, value: valueSchema } = config.schemas;
  const { strict } = config.payload;
  const encoderOf = ({ avro, id }: SchemaConfig): FieldEncoder => ({
    format: new AvroFormat(openEngine(kind), avro!, { strict }),
    front: id === undefined ? new Uint8Array(0) : frontOf(id),
  });
  const encoders = { key: key && encoderOf(key), value: valueSchema && encoderOf(valueSchema) };
  return sourceOf(value, config.payload, NOW, encoders);
}

/** `key|value` in hex, or the error. */
function shown(outcomes: readonly (SentRecord | KafkaHotpathError)[]): string[] {
  const hex = (field: unknown): string => {
    if (field === null) return '-';
    return typeof field === 'string' ? `"${field}"` : Buffer.from(field as Uint8Array).toString('hex');
  };
  return outcomes.map((outcome) =>
    outcome instanceof KafkaHotpathError
      ? `${outcome.code} ${outcome.message}`
      : `${hex(outcome.key)}|${hex(outcome.value)}`,
  );
}

for (const kind of ['wasm', 'typescript'] as const) {
  const send = (properties: object, value: unknown, options: ConfigOptions = {}): string[] =>
    shown(drain(source(kind, properties, value, options)));
  const type = (schema: string): AvroType => openEngine(kind).compileAvro(schema);
  const hexOf = (value: unknown, schema = ORDER): string => Buffer.from(type(schema).encode(value)).toString('hex');

  describe(`values by a schema, ${kind} engine`, () => {
    const order = { id: 5n, customer: 'Ada', lines: [1.5] };

    it('are encoded from objects, JSON texts, arrays of them and the text of an array, alike', () => {
      const text = '{"lines":[1.5],"customer":"Ada","id":5}';
      const one = `-|${hexOf(order)}`;
      assert.deepEqual(send({ avroSchema: ORDER }, order), [one]);
      assert.deepEqual(send({ avroSchema: ORDER }, text), [one]);
      assert.deepEqual(send({ avroSchema: ORDER }, [order, text, order, text]), [one, one, one, one]);
      assert.deepEqual(send({ avroSchema: ORDER }, `[${text},${text}]`), [one, one]);
    });

    it('may come in envelopes and messages; headers, time and partition stay, keys are as before', () => {
      const value = JSON.stringify({ id: 1, customer: 'x' });
      const inEnvelope = envelopeOf(value, { Key: 'k' });
      const given = message({ key: 'k', value: order, headers: { h: 'v' }, partition: 3, timestamp: 9 });
      const [first, second] = drain(source(kind, { avroSchema: ORDER }, [JSON.stringify(inEnvelope), given]));
      assert.deepEqual(shown([first!, second!]), [`"k"|${hexOf({ id: 1, customer: 'x' })}`, `"k"|${hexOf(order)}`]);
      const { headers, partition, timestampMs } = second as SentRecord;
      assert.deepEqual({ headers, partition, timestampMs }, { headers: ['h', 'v'], partition: 3, timestampMs: 9 });
    });

    it('have the id of their schema in front in the Confluent wire format', () => {
      const properties = { avroSchema: ORDER, schemaId: 258, keyAvroSchema: '"long"', keySchemaId: 7 };
      const sent = send(properties, [message({ key: 5, value: order }), message({ key: -1n, value: null }), order]);
      assert.deepEqual(sent, [
        `00000000070a|0000000102${hexOf(order)}`,
        '000000000701|-',
        `-|0000000102${hexOf(order)}`,
      ]);
    });

    it('stay as they are while other sends come in between, waiting ones and those that never end', () => {
      const values = Array.from({ length: 1500 }, (_, id) => ({ id, customer: `c${id}` }));
      const others = values.map(({ id }) => ({ id: -id, customer: 'other' }));
      const expected = values.map((value) => `-|${hexOf(value)}`);
      for (const retained of [false, true]) {
        const first = source(kind, { avroSchema: ORDER }, values);
        const sent: string[] = [];
        const emit = (from: number, to: number): void => {
          const part = {
            length: to - from,
            emit: (at, target) => {
              first.emit(from + at, target);
            },
          } satisfies RecordSource;
          sent.push(...shown(drain(part)));
        };
        emit(0, 700);
        // The queue is full: another send is given up half-way, a third one ends before the first goes on.
        if (retained) first.retain?.(700);
        const abandoned = source(kind, { avroSchema: ORDER }, others);
        shown(
          drain({
            length: 100,
            emit: (at, target) => {
              abandoned.emit(at, target);
            },
          }),
        );
        assert.equal(send({ avroSchema: ORDER }, others).length, 1500);
        emit(700, 1500);
        assert.deepEqual(sent, expected);
        assert.deepEqual(send({ avroSchema: ORDER }, values), expected);
      }
    });

    it('fail alone, with the place in the message', () => {
      const values = Array.from({ length: 3000 }, (_, id): unknown => ({ id, customer: `c${id}`, lines: [id] }));
      values[1500] = { id: 1500, customer: 'x', lines: [1, 2, '3'] };
      values[2999] = message({ value: { id: 2 ** 60, customer: 'x' } });
      const sent = send({ avroSchema: ORDER, schemaId: 1 }, values);
      for (const [index, one] of sent.entries()) {
        if (index === 1500) {
          assert.equal(
            one,
            'ERR_AVRO_VALUE message 1500 ($.lines[2]): got a string of 1 characters; allowed: a number',
          );
        } else if (index === 2999)
          assert.match(one, /^ERR_AVRO_VALUE message 2999 \(\$\.value\.id\): got the number 1/);
        else assert.equal(one, `-|0000000001${hexOf(values[index])}`);
      }
      const bad = envelopeOf('{"id":1,"customer":2}', {});
      assert.match(send({ avroSchema: ORDER }, bad)[0]!, /^ERR_AVRO_VALUE message 0 \(\$\.Value\.customer\): got/);
      assert.match(send({ avroSchema: ORDER }, '{"id":')[0]!, /^ERR_AVRO_VALUE message 0 \(\$/);
    });

    it('are JSON or text by the schema, never by the luck of their content', () => {
      assert.deepEqual(send({ avroSchema: '"string"' }, '{"a":1}'), [`-|${hexOf('{"a":1}', '"string"')}`]);
      assert.deepEqual(send({ avroSchema: '"string"' }, '5'), [`-|${hexOf('5', '"string"')}`]);
      assert.deepEqual(send({ avroSchema: '"long"' }, '9007199254740993'), [`-|${hexOf(9007199254740993n, '"long"')}`]);
      const both = `["null","string",${ORDER}]`;
      assert.deepEqual(send({ avroSchema: both }, ['{"id":1,"customer":"x"}', 'x']), [
        `-|${hexOf({ id: 1, customer: 'x' }, both)}`,
        `-|${hexOf('x', both)}`,
      ]);
      assert.deepEqual(send({ avroSchema: '"bytes"' }, new Uint8Array([1, 2])), ['-|040102']);
    });

    it('of bytes are refused where the schema has none: they would go out as something else', () => {
      assert.match(send({ avroSchema: ORDER }, new Uint8Array(3))[0]!, /^ERR_SERIALIZE message 0 \(\$\): got 3 bytes/);
      assert.match(send({ avroSchema: ORDER }, [null])[0]!, /^ERR_SERIALIZE message 0/);
    });

    it('read ahead are what they were, and cost nothing twice', () => {
      const random = new Random(11);
      const values = Array.from({ length: 1300 }, (_, id) => ({
        id,
        customer: 'c'.repeat(random.below(id % 50 === 0 ? 90_000 : 40)),
        lines: random.below(9) === 0 ? ['no'] : [id],
      }));
      const expected = send({ avroSchema: ORDER }, values);
      for (const at of [0, 1, 511, 700, 1299]) {
        const list = values.map((value) => ({ ...value }));
        const keyBytes = Buffer.from('key');
        const messages = list.map((value) => message({ key: keyBytes, value }));
        const opened = source(kind, { avroSchema: ORDER }, messages);
        const taken = { at: 0 };
        const out: string[] = [];
        for (; taken.at < at; taken.at++) out.push(...shown(one(opened, taken.at)));
        opened.retain?.(at);
        keyBytes.fill(0);
        for (const value of list) value.customer = 'changed';
        for (let index = at; index < list.length; index++) out.push(...shown(one(opened, index)));
        const wanted = expected.map((text) =>
          text.startsWith('-|')
            ? `${Buffer.from('key').toString('hex')}|${text.slice(2)}`
            : text.replace('($.', '($.value.'),
        );
        assert.equal(
          out.findIndex((text, index) => text !== wanted[index]),
          -1,
        );
        assert.equal(out.length, wanted.length);
      }
    });

    it('count with the id by the size rule, and refuseAll knows before the producer does', () => {
      const value = { id: 1, customer: 'x'.repeat(100) };
      const bytes = 36 + 5 + hexOf(value).length / 2;
      const properties = { avroSchema: ORDER, schemaId: 1 };
      const all = { invalidMessages: 'refuseAll' } as const;
      const fits = send({ ...properties, maxMessageBytes: 1000 }, [value], all);
      assert.equal(fits[0]!.split('|')[1]!.length / 2, bytes - 36);
      const large = { id: 1, customer: 'x'.repeat(1000) };
      const refused = send({ ...properties, maxMessageBytes: 1000 }, [value, large], all);
      assert.match(refused[0]!, /^ERR_MSG_SIZE_TOO_LARGE message 0 .*not sent, because/);
      const largeBytes = 36 + 5 + hexOf(large).length / 2;
      assert.match(refused[1]!, new RegExp(`^ERR_MSG_SIZE_TOO_LARGE message 1 .*have ${largeBytes} bytes`));
    });

    it('in strict mode have no fields that the schema has not', () => {
      assert.match(send({ avroSchema: ORDER }, { ...order, extra: 1 })[0]!, /^-\|/);
      assert.match(
        send({ avroSchema: ORDER }, { ...order, extra: 1 }, { strict: true })[0]!,
        /^ERR_AVRO_VALUE message 0 \(\$\.extra\)/,
      );
    });
  });

  describe(`keys by a schema, ${kind} engine`, () => {
    it('leave values as they are', () => {
      const sent = send({ keyAvroSchema: '"string"' }, [
        message({ key: 'k', value: { a: 1 } }),
        message({ key: null, value: 'v' }),
        message({ key: 5, value: 'v' }),
        'v',
      ]);
      assert.deepEqual(sent.slice(0, 2), ['026b|"{"a":1}"', '-|"v"']);
      assert.match(sent[2]!, /^ERR_AVRO_VALUE message 2 \(\$\.key\): got the number 5/);
      assert.equal(sent[3], '-|"v"');
    });
  });
}

function one(opened: RecordSource, index: number): (SentRecord | KafkaHotpathError)[] {
  return drain({
    length: 1,
    emit: (_, target) => {
      opened.emit(index, target);
    },
  });
}
