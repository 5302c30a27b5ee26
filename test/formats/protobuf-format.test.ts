/** Protobuf by a descriptor set: bytes of Python's protobuf, inputs of JavaScript, and the place of every fault. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { create, createFileRegistry, fromBinary, type DescMessage, toJson } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema, timestampFromDate, TimestampSchema } from '@bufbuild/protobuf/wkt';
import { KafkaHotpathError, ValueError } from '../../src/errors.ts';
import { openProtobufFormat } from '../../src/formats/protobuf-format.ts';
import type { ValueFormat } from '../../src/formats/value-format.ts';
import { DESCRIPTOR_SET, ORDER_BYTES, ORDER_JSON, WITHOUT_IMPORTS } from './protobuf-vectors.ts';

const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, DESCRIPTOR_SET));
const Order = registry.getMessage('shop.Order') as DescMessage;

function formatOf(message: string, strict = false): Promise<ValueFormat> {
  return openProtobufFormat({ descriptorSet: DESCRIPTOR_SET, message }, { strict });
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const shown = (bytes: Uint8Array): unknown => toJson(Order, fromBinary(Order, bytes), { registry });

function faultOf(act: () => unknown): ValueError {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof ValueError, inspect(error));
    assert.doesNotMatch(inspect(error, { depth: Infinity, showHidden: true }), /canary/);
    return error;
  }
  return assert.fail('taken');
}

describe('a Protobuf message', () => {
  let order: ValueFormat;
  let strict: ValueFormat;

  before(async () => {
    order = await formatOf('shop.Order');
    strict = await formatOf('shop.Order', true);
  });

  it('has the bytes that Python gives it, from objects and from text, alone and in groups', () => {
    const value: unknown = JSON.parse(ORDER_JSON);
    assert.equal(hex(order.encode(value)), ORDER_BYTES);
    assert.equal(hex(strict.encode(value)), ORDER_BYTES);
    assert.equal(hex(order.encodeJson(ORDER_JSON)), ORDER_BYTES);
    const groups = [order.encodeGroup([{}, value, {}]), order.encodeJsonGroup(['{}', ORDER_JSON, ' {} '])];
    for (const { bytes, ends } of groups) {
      assert.equal(hex(bytes), ORDER_BYTES);
      assert.deepEqual(ends, [0, ORDER_BYTES.length / 2, ORDER_BYTES.length / 2]);
    }
  });

  it('takes what JavaScript has: bigint, Date, bytes, Map, typed arrays, NaN, names of both kinds', () => {
    const value = {
      id: 9007199254740993n,
      created_at: new Date('2024-01-31T13:45:00.125Z'),
      signature: new Uint8Array([0, 1, 255]),
      counts: new Map([['x', 1]]),
      deltas: new Int32Array([1, -2]),
      rate: -Infinity,
      isGift: undefined,
      parent: null,
      lines: [{ price: NaN, unknown: 'dropped' }],
      status: 2,
      nothing: 'dropped',
    };
    assert.deepEqual(shown(order.encode(value)), {
      id: '9007199254740993',
      createdAt: '2024-01-31T13:45:00.125Z',
      signature: 'AAH/',
      counts: { x: 1 },
      deltas: [1, -2],
      rate: '-Infinity',
      lines: [{ price: 'NaN' }],
      status: 'PAID',
    });
  });

  it('takes messages of generated code, whole and inside', () => {
    const customer = create(registry.getMessage('shop.Customer') as DescMessage, { name: 'Ada' });
    const inside = { customer, createdAt: timestampFromDate(new Date(0)) };
    assert.deepEqual(shown(order.encode(inside)), { customer: { name: 'Ada' }, createdAt: '1970-01-01T00:00:00Z' });
    const whole = create(Order, { id: -1n, payment: { case: 'card', value: 'x' } });
    assert.deepEqual(shown(order.encode(whole)), { id: '-1', card: 'x' });
    const other = faultOf(() => order.encode({ customer: create(TimestampSchema) }));
    assert.equal(other.path, '$.customer');
    const broken = create(Order, { id: 'canary' });
    assert.equal(faultOf(() => order.encode(broken)).path, '$.id');
  });

  const faults: [unknown, string, RegExp][] = [
    [{ id: 'canary' }, '$.id', /a string of 6 characters; allowed: a value of int64/],
    [{ id: 2 ** 53 }, '$.id', /the number 9007199254740992; allowed: a whole number up to 2\^53/],
    [{ id: 2n ** 64n }, '$.id', /allowed: a value of int64/],
    [{ invoice: -1 }, '$.invoice', /allowed: a value of uint64/],
    [{ lines: [{}, { price: 'canary' }] }, '$.lines[1].price', /allowed: a value of double/],
    [{ lines: [{ discount: { percent: 'canary' } }] }, '$.lines[0].discount.percent', /double/],
    [{ lines: { some: 1 } }, '$.lines', /an object; allowed: an array/],
    [{ lines: [5] }, '$.lines[0]', /allowed: an object for shop\.Order\.Line/],
    [{ status: 'canary' }, '$.status', /allowed: one of UNKNOWN, OPEN, PAID/],
    [{ counts: { 'a b': 'canary' } }, '$.counts["a b"]', /allowed: a value of int32/],
    [{ byPosition: { 1: {}, 2: { price: 'canary' } } }, '$.byPosition["2"].price', /double/],
    [{ byPosition: { 1: {}, first: {} } }, '$.byPosition.first', /got this key; allowed: keys of int32/],
    [{ deltas: [1, 1.5] }, '$.deltas[1]', /the number 1\.5; allowed: a value of sint32/],
    [{ createdAt: 'canary' }, '$.createdAt', /allowed: the JSON form of google\.protobuf\.Timestamp/],
    [{ createdAt: new Date(NaN) }, '$.createdAt', /an invalid Date/],
    [{ signature: 'ca%nary' }, '$.signature', /allowed: a value of bytes/],
    [{ card: 'canary', invoice: 1 }, '$', /got card and invoice; allowed: one of the oneof payment/],
    [{ customer: { name: Symbol('canary') } }, '$.customer.name', /a symbol/],
    [{ customer: { name: '\ud800' } }, '$.customer.name', /allowed: a value of string/],
    [{ rate: 1e39 }, '$.rate', /allowed: a value of float/],
    [{ '[shop.no]': 1 }, '$["[shop.no]"]', /no such field/],
    [null, '$', /got null; allowed: an object for shop\.Order/],
    [[], '$', /an array of 0/],
    [new Uint8Array(3), '$', /Uint8Array of 3 bytes/],
    ['{"id":', '$', /not JSON/],
  ];
  for (const [value, path, reason] of faults) {
    it(`is refused at ${path}: ${reason.source}`, () => {
      const error = faultOf(() => (typeof value === 'string' ? order.encodeJson(value) : order.encode(value)));
      assert.equal(error.code, 'ERR_PROTOBUF_VALUE');
      assert.equal(error.path, path);
      assert.match(error.reason, reason);
    });
  }

  it('has no unknown fields in strict mode', () => {
    const error = faultOf(() => strict.encode({ lines: [{ prize: 1 }] }));
    assert.deepEqual([error.path, error.reason], ['$.lines[0].prize', 'shop.Order.Line has no such field']);
  });

  it('with a field that has to be there is refused without it', async () => {
    const legacy = await formatOf('Legacy');
    assert.equal(hex(legacy.encode({ id: 5 })), '0805');
    assert.match(faultOf(() => legacy.encode({ name: 'canary' })).reason, /Legacy\.id is required/);
  });

  it('of 100 levels is taken, and one that is deeper or contains itself is refused', () => {
    const nested = (levels: number): object => {
      let value = {};
      for (let level = 0; level < levels; level++) value = { parent: value };
      return value;
    };
    assert.ok(order.encode(nested(90)).length > 90);
    assert.match(faultOf(() => order.encode(nested(101))).reason, /more than 100 levels/);
    assert.match(faultOf(() => order.encode(nested(50_000))).reason, /more than 100 levels/);
    const cycle: { extra: { self?: unknown } } = { extra: {} };
    cycle.extra.self = cycle.extra;
    assert.match(faultOf(() => order.encode(cycle)).reason, /more than 100 levels/);
  });

  it('does not let __proto__ in by the back door', () => {
    assert.equal(hex(order.encodeJson('{"__proto__":{"id":5}}')), '');
    const extra = order.encodeJson('{"extra":{"__proto__":{"a":1}}}');
    assert.match(Buffer.from(extra).toString('latin1'), /__proto__/);
    assert.equal(({} as { a?: unknown }).a, undefined);
  });
});

describe('where a message lies in its file', () => {
  const places: [string, string][] = [
    ['shop.Customer', '00'],
    ['shop.Order', '0202'],
    ['shop.Order.Line', '040200'],
    ['shop.Order.Line.Discount', '06020000'],
  ];
  for (const [name, indexes] of places) {
    it(`${name} is at ${indexes}`, async () => {
      const format = await formatOf(name);
      assert.equal(hex(format.indexes?.() ?? new Uint8Array()), indexes);
      assert.equal(format.recordName, name);
    });
  }
});

describe('a descriptor set', () => {
  async function failure(promise: Promise<unknown>): Promise<KafkaHotpathError> {
    const error: unknown = await promise.then(
      () => assert.fail('resolved'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof KafkaHotpathError);
    return error;
  }
  const open = (descriptorSet: Uint8Array, message = 'shop.Order'): Promise<unknown> =>
    openProtobufFormat({ descriptorSet, message }, { strict: false });

  it('that is none, lacks imports or lacks the message is an error that says so', async () => {
    const cases: [Uint8Array, string, RegExp][] = [
      [Buffer.from('syntax = "proto3";'), 'x', /is no descriptor set; make it with protoc --include_imports/],
      [WITHOUT_IMPORTS, 'x', /lacks google\/protobuf\/timestamp\.proto, which orders\.proto imports/],
      [DESCRIPTOR_SET, 'Order', /has no message "Order"; it has: .*shop\.Customer, shop\.Order, shop\.Order\.Line/],
      [new Uint8Array(), 'Order', /it has: none/],
    ];
    for (const [bytes, message, expected] of cases) {
      const error = await failure(open(bytes, message));
      assert.equal(error.code, 'ERR_PROTOBUF_SCHEMA');
      assert.match(error.message, expected);
    }
  });

  it('needs the package, and says how to get it', async () => {
    const load = (): Promise<never> =>
      Promise.reject(Object.assign(new Error('no such package'), { code: 'ERR_MODULE_NOT_FOUND' }));
    const schema = { descriptorSet: DESCRIPTOR_SET, message: 'shop.Order' };
    const error = await failure(openProtobufFormat(schema, { strict: false, load }));
    assert.equal(error.code, 'ERR_PROTOBUF_PACKAGE');
    assert.match(error.message, /is not installed: npm install @bufbuild\/protobuf@2/);
  });
});
