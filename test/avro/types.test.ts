/** What each type takes and writes, as a table; the bytes follow from the Avro specification. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ENGINES, hex, record } from './support.ts';

interface Row {
  schema: unknown;
  /** Values that all become the same bytes. */
  values?: readonly unknown[];
  /** JSON texts that become the same bytes. */
  texts?: readonly string[];
  bytes: string;
  decoded?: unknown;
}

const logical = (type: string, logicalType: string, more: object = {}): object => ({ type, logicalType, ...more });
const fixed = (size: number, more: object = {}): object => ({ type: 'fixed', name: 'F', size, ...more });
const DECIMAL = logical('bytes', 'decimal', { precision: 9, scale: 2 });
const UUID = 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6';
const MOMENT = '2023-11-14T22:13:20.123Z';
const DATE = new Date(MOMENT);
const A = record({ x: 'int' }, 'ns.A');
const B = record({ x: 'int', y: 'int' }, 'ns.B');

const ROWS: Record<string, readonly Row[]> = {
  primitives: [
    { schema: 'null', values: [null], texts: ['null', ' null\n'], bytes: '', decoded: null },
    { schema: 'boolean', values: [true], texts: ['true'], bytes: '01', decoded: true },
    { schema: 'boolean', values: [false], texts: ['false'], bytes: '00', decoded: false },
    { schema: 'int', values: [-1], texts: ['-1', '-1.0', '-10e-1'], bytes: '01', decoded: -1 },
    { schema: 'int', values: [2147483647], texts: ['2147483647'], bytes: 'feffffff0f', decoded: 2147483647 },
    { schema: 'int', values: [-2147483648], texts: ['-2147483648'], bytes: 'ffffffff0f', decoded: -2147483648 },
    { schema: 'int', values: [0, -0], texts: ['0', '-0', '0e99'], bytes: '00', decoded: 0 },
    { schema: 'long', values: [64, 64n], texts: ['64', '6.4e1'], bytes: '8001', decoded: 64 },
    {
      schema: 'long',
      values: [-(2 ** 53 - 1), -(2n ** 53n - 1n)],
      texts: ['-9007199254740991'],
      bytes: 'fdffffffffffff1f',
    },
    {
      schema: 'long',
      values: [-4503599627370497, -4503599627370497n],
      texts: ['-4503599627370497'],
      bytes: '8180808080808010',
    },
    {
      schema: 'long',
      values: [2n ** 63n - 1n],
      texts: ['9223372036854775807'],
      bytes: 'feffffffffffffffff01',
      decoded: 2n ** 63n - 1n,
    },
    {
      schema: 'long',
      values: [-(2n ** 63n)],
      texts: ['-9223372036854775808'],
      bytes: 'ffffffffffffffffff01',
      decoded: -(2n ** 63n),
    },
    { schema: 'float', values: [1.5], texts: ['1.5'], bytes: '0000c03f', decoded: 1.5 },
    { schema: 'float', values: [Number.NaN], texts: ['"NaN"'], bytes: '0000c07f', decoded: Number.NaN },
    { schema: 'float', values: [1e39, Infinity], texts: ['1e39', '"Infinity"'], bytes: '0000807f' },
    {
      schema: 'double',
      values: [0.1],
      texts: ['0.1', '1e-1', '0.1000000000000000055511151231257827'],
      bytes: '9a9999999999b93f',
    },
    { schema: 'double', values: [-0], texts: ['-0', '-0.0'], bytes: '0000000000000080', decoded: -0 },
    { schema: 'double', values: [Number.NaN], texts: ['"NaN"'], bytes: '000000000000f87f', decoded: Number.NaN },
    { schema: 'double', values: [5e-324], texts: ['5e-324', '4.9e-324'], bytes: '0100000000000000' },
    { schema: 'double', values: [9007199254740993], texts: ['9007199254740993'], bytes: '0000000000004043' },
    { schema: 'double', values: [-Infinity], texts: ['-1e400', '"-Infinity"'], bytes: '000000000000f0ff' },
    {
      schema: 'string',
      values: ['é€😀'],
      texts: ['"é€😀"', '"\\u00e9\\u20ac\\ud83d\\ude00"'],
      bytes: '12c3a9e282acf09f9880',
      decoded: 'é€😀',
    },
    {
      schema: 'string',
      values: ['\ud800x'],
      texts: ['"\\ud800x"', '"\ud800x"'],
      bytes: '08efbfbd78',
      decoded: '\ufffdx',
    },
    { schema: 'string', values: ['\u{1f600}'], texts: ['"\ud83d\\ude00"', '"\\ud83d\ude00"'], bytes: '08f09f9880' },
    { schema: 'string', values: ['\n"\\/\b'], texts: ['"\\n\\"\\\\\\/\\b"'], bytes: '0a0a225c2f08' },
    {
      schema: 'bytes',
      values: [
        Buffer.from('ff00', 'hex'),
        new Uint8Array([255, 0]),
        new Uint8Array([255, 0]).buffer,
        new Uint16Array([255]),
      ],
      texts: ['"\u00ff\\u0000"'],
      bytes: '04ff00',
      decoded: Buffer.from('ff00', 'hex'),
    },
  ],
  'named and nested types': [
    { schema: fixed(2), values: [Buffer.from('ab'), new Int8Array([97, 98])], texts: ['"ab"'], bytes: '6162' },
    { schema: fixed(0), values: [new Uint8Array()], texts: ['""'], bytes: '' },
    {
      schema: { type: 'enum', name: 'E', symbols: ['A', 'B'] },
      values: ['B'],
      texts: ['"B"'],
      bytes: '02',
      decoded: 'B',
    },
    {
      schema: { type: 'array', items: 'int' },
      values: [[1, 2], new Int32Array([1, 2])],
      texts: ['[1,2]', '[ 1 , 2 ]'],
      bytes: '04020400',
      decoded: [1, 2],
    },
    { schema: { type: 'array', items: 'int' }, values: [[]], texts: ['[]', '[ ]'], bytes: '00', decoded: [] },
    { schema: { type: 'array', items: 'long' }, values: [new BigInt64Array([1n])], texts: ['[1]'], bytes: '020200' },
    {
      schema: { type: 'map', values: 'int' },
      values: [{ a: 1 }, new Map([['a', 1]])],
      texts: ['{"a":1}', '{"\\u0061": 1 }'],
      bytes: '0202610200',
      decoded: { a: 1 },
    },
    { schema: { type: 'map', values: 'int' }, values: [{}], texts: ['{}'], bytes: '00', decoded: {} },
    {
      schema: record({ a: 'int', b: 'string' }),
      values: [
        { a: 1, b: 'x' },
        { b: 'x', c: 9, a: 1 },
      ],
      texts: ['{"a":1,"b":"x"}', '{"b":"x","c":[{}],"a":1}'],
      bytes: '020278',
      decoded: { a: 1, b: 'x' },
    },
    { schema: record({}), values: [{}], texts: ['{}', '{"a":1}'], bytes: '', decoded: {} },
  ],
  unions: [
    { schema: ['null', 'string'], values: [null], texts: ['null'], bytes: '00', decoded: null },
    {
      // Bare, the text would be a day (SEED=13 of npm run fuzz:avro).
      schema: [logical('int', 'date'), 'string'],
      values: [{ string: '2024-01-31' }],
      texts: ['{"string":"2024-01-31"}'],
      bytes: '0214323032342d30312d3331',
      decoded: { string: '2024-01-31' },
    },
    {
      schema: ['null', 'string'],
      values: ['a', { string: 'a' }],
      texts: ['"a"', '{"string":"a"}'],
      bytes: '020261',
      decoded: 'a',
    },
    { schema: ['int', 'long'], values: [1, { int: 1 }], texts: ['1'], bytes: '0002', decoded: { int: 1 } },
    { schema: ['int', 'long'], values: [{ long: 1 }], texts: ['{"long":1}'], bytes: '0202', decoded: { long: 1 } },
    { schema: ['int', 'long'], values: [2 ** 31, 2n ** 31n], texts: ['2147483648'], bytes: '028080808010' },
    { schema: ['float', 'double', 'int'], values: [1.5], texts: ['1.5'], bytes: '02000000000000f83f' },
    { schema: ['float', 'double', 'int'], values: [1, 1n], texts: ['1', '1.0'], bytes: '0402' },
    { schema: ['null', 'double'], values: [Number.NaN], texts: ['"NaN"'], bytes: '02000000000000f87f' },
    { schema: ['null', 'bytes'], values: [Buffer.from('a')], texts: ['"a"'], bytes: '020261' },
    { schema: [{ type: 'enum', name: 'E', symbols: ['A'] }, 'string'], values: ['A'], texts: ['"A"'], bytes: '0000' },
    { schema: [{ type: 'enum', name: 'E', symbols: ['A'] }, 'string'], values: ['B'], texts: ['"B"'], bytes: '020242' },
    {
      schema: [A, B],
      values: [{ x: 1, y: 2 }, { 'ns.B': { x: 1, y: 2 } }, { B: { x: 1, y: 2 } }],
      texts: ['{"x":1,"y":2}', '{"ns.B":{"y":2,"x":1}}'],
      bytes: '020204',
    },
    {
      schema: [A, B],
      values: [{ x: 1 }, { 'ns.A': { x: 1 } }, { A: { x: 1 } }],
      texts: ['{"x":1}', '{"A":{"x":1}}'],
      bytes: '0002',
    },
    {
      schema: ['null', { type: 'map', values: 'int' }],
      values: [{ map: { map: 1 } }],
      texts: ['{"map":{"map":1}}'],
      bytes: '0202066d61700200',
      decoded: { map: { map: 1 } },
    },
    { schema: ['string', { type: 'array', items: 'int' }], values: [[1]], texts: ['[1]'], bytes: '02020200' },
    { schema: ['boolean', 'null'], values: [true], texts: ['true'], bytes: '0001', decoded: true },
  ],
  'logical types': [
    {
      schema: logical('int', 'date'),
      values: [19675, DATE, '2023-11-14', 19675n],
      texts: ['19675', '"2023-11-14"'],
      bytes: 'b6b302',
      decoded: new Date('2023-11-14'),
    },
    { schema: logical('int', 'date'), values: [new Date(-1)], bytes: '01', decoded: new Date(-86_400_000) },
    {
      schema: logical('int', 'time-millis'),
      values: [3_723_004, '01:02:03.004'],
      texts: ['3723004', '"01:02:03.004"'],
      bytes: 'f8bbc603',
      decoded: 3_723_004,
    },
    {
      schema: logical('long', 'time-micros'),
      values: [3_723_004_005n, '01:02:03.004005'],
      texts: ['3723004005'],
      bytes: 'caa1c4de1b',
    },
    {
      schema: logical('long', 'timestamp-millis'),
      values: [DATE, DATE.getTime(), BigInt(DATE.getTime()), MOMENT],
      texts: ['1700000000123', `"${MOMENT}"`],
      bytes: 'f6a1abfef962',
      decoded: DATE,
    },
    {
      schema: logical('long', 'timestamp-micros'),
      values: [DATE, 1_700_000_000_123_000n, MOMENT],
      texts: ['1700000000123000', '"2023-11-14T23:13:20.123+01:00"'],
      bytes: 'f081818283898506',
      decoded: 1_700_000_000_123_000,
    },
    {
      schema: logical('long', 'timestamp-nanos'),
      values: [1_700_000_000_123_000_001n, '2023-11-14T22:13:20.123000001Z'],
      texts: ['1700000000123000001'],
      bytes: '82d3f6d7c7bfce972f',
      decoded: 1_700_000_000_123_000_001n,
    },
    {
      schema: logical('long', 'local-timestamp-millis'),
      values: [DATE, '2023-11-14T22:13:20.123'],
      texts: ['1700000000123'],
      bytes: 'f6a1abfef962',
      decoded: 1_700_000_000_123,
    },
    {
      schema: logical('long', 'local-timestamp-micros'),
      values: [DATE],
      texts: ['1700000000123000'],
      bytes: 'f081818283898506',
    },
    {
      schema: logical('long', 'local-timestamp-nanos'),
      values: ['2023-11-14T22:13:20.123000001'],
      texts: ['1700000000123000001'],
      bytes: '82d3f6d7c7bfce972f',
    },
    {
      schema: DECIMAL,
      values: [
        '12.34',
        12.34,
        { unscaled: 1234n, scale: 2 },
        { unscaled: 1234 },
        Buffer.from('04d2', 'hex'),
        '1234e-2',
      ],
      texts: ['12.34', '"12.34"', '12.3400'],
      bytes: '0404d2',
      decoded: '12.34',
    },
    { schema: DECIMAL, values: ['-1.28', { unscaled: -128n }], texts: ['-1.28'], bytes: '0280', decoded: '-1.28' },
    { schema: DECIMAL, values: [0n, '0', '0.00'], texts: ['0', '0e500000'], bytes: '0200', decoded: '0.00' },
    { schema: DECIMAL, values: [5n, '5'], texts: ['5'], bytes: '0401f4', decoded: '5.00' },
    {
      schema: fixed(4, { logicalType: 'decimal', precision: 9, scale: 2 }),
      values: ['-0.01', { unscaled: -1n }],
      texts: ['-0.01'],
      bytes: 'ffffffff',
      decoded: '-0.01',
    },
    {
      schema: logical('string', 'uuid'),
      values: [UUID],
      texts: [`"${UUID}"`],
      bytes: `48${Buffer.from(UUID).toString('hex')}`,
      decoded: UUID,
    },
    {
      schema: fixed(16, { logicalType: 'uuid' }),
      values: [UUID, UUID.toUpperCase()],
      texts: [`"${UUID}"`],
      bytes: UUID.replaceAll('-', ''),
      decoded: UUID,
    },
    {
      schema: fixed(12, { logicalType: 'duration' }),
      values: [{ months: 1, days: 2, milliseconds: 3 }, Buffer.from('010000000200000003000000', 'hex')],
      texts: ['{"milliseconds":3,"months":1,"days":2}'],
      bytes: '010000000200000003000000',
      decoded: { months: 1, days: 2, milliseconds: 3 },
    },
  ],
};

for (const engine of ENGINES) {
  describe(`Avro types, ${engine.kind}`, () => {
    for (const [name, rows] of Object.entries(ROWS)) {
      it(`encodes and decodes ${name}`, () => {
        for (const row of rows) {
          const type = engine.compileAvro(row.schema);
          const label = JSON.stringify(row.schema);
          for (const value of row.values ?? []) assert.equal(hex(type.encode(value)), row.bytes, label);
          for (const text of row.texts ?? []) assert.equal(hex(type.encodeJson(text)), row.bytes, `${label} ${text}`);
          const decoded = type.decode(Buffer.from(row.bytes, 'hex'));
          if ('decoded' in row) assert.deepEqual(decoded, row.decoded, label);
          assert.equal(hex(type.encode(decoded)), row.bytes, label);
        }
      });
    }

    it('encodes a group as its values one by one', () => {
      const type = engine.compileAvro(record({ a: 'int', b: 'string' }));
      const values = Array.from({ length: 5000 }, (_, index) => ({ a: index, b: 'é'.repeat(index % 40) }));
      const { bytes, ends } = type.encodeGroup(values);
      const single = values.map((value) => Buffer.from(type.encode(value)));
      assert.ok(Buffer.concat(single).equals(bytes));
      let end = 0;
      assert.deepEqual(
        Array.from(ends),
        single.map(({ length }) => (end += length)),
      );
      assert.equal(type.encodeGroup([]).bytes.length, 0);
    });

    it('writes the last of a key that comes twice in a record, and each in a map', () => {
      const type = engine.compileAvro(record({ a: 'int', b: 'int' }));
      assert.equal(hex(type.encodeJson('{"a":1,"b":2,"a":3}')), '0604');
      const map = engine.compileAvro({ type: 'map', values: 'int' });
      assert.equal(hex(map.encodeJson('{"a":1,"a":2}')), '04026102026104' + '00');
      assert.deepEqual(map.decode(map.encodeJson('{"a":1,"a":2}')), { a: 2 });
    });

    it('fills in defaults, of every type and inside each other', () => {
      const inner = { type: 'record', name: 'I', fields: [{ name: 'n', type: 'int', default: 5 }] };
      const fields = [
        { name: 'a', type: inner, default: {} },
        { name: 'b', type: ['null', 'string'], default: null },
        { name: 'c', type: { type: 'map', values: 'bytes' }, default: { k: '\u00ff' } },
        { name: 'd', type: { type: 'array', items: 'I' }, default: [{}, { n: 6 }] },
      ];
      const type = engine.compileAvro({ type: 'record', name: 'R', fields });
      const expected = '0a' + '00' + '02026b02ff00' + '040a0c00';
      assert.equal(hex(type.encode({})), expected);
      assert.equal(hex(type.encode({ a: undefined, d: undefined })), expected);
      assert.equal(hex(type.encodeJson('{}')), expected);
      assert.equal(hex(type.encodeJson('{"d":[{},{"n":6}]}')), expected);
    });
  });
}
