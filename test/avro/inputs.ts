/** Examples of all that the table "What each type takes" of docs/avro.md says, row by row, for inputs.test.ts. */
import { ENGINES, hex, record } from './support.ts';

interface Example {
  schema: unknown;
  bytes: string;
  /** All of them these bytes. */
  values: readonly unknown[];
  texts: readonly string[];
  decoded: unknown;
  /** What the row does not have. */
  refused?: readonly unknown[];
  refusedTexts?: readonly string[];
}

/** The cells behind the first one as they stand in the document, and examples of them. */
interface Row {
  cells: readonly [values: string, texts: string, decoded: string];
  examples: readonly Example[];
}

const logical = (type: string, logicalType: string, more: object = {}): object => ({ type, logicalType, ...more });
const fixed = (size: number, more: object = {}): object => ({ type: 'fixed', name: 'F', size, ...more });
const UUID = 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6';
const UUID_HEX = UUID.replaceAll('-', '');
const MOMENT = '2024-01-31T13:45:00Z';
const DATE = new Date(MOMENT);
const MS = DATE.getTime();
const varint = (value: bigint): string => hex(ENGINES[0]!.compileAvro('long').encode(value));
const AB = Buffer.from('ab');
const SYMBOLS = { type: 'enum', name: 'E', symbols: ['A', 'B'] };
const POINT = record({ x: 'int', y: 'int' });
const DURATION_HEX = '010000000200000003000000';

/** A moment in units of so many to the millisecond, and what is refused of all of them. */
function moment(logicalType: string, perMs: bigint, more: Partial<Example>): Example {
  const units = BigInt(MS) * perMs;
  const safe = Number.isSafeInteger(Number(units));
  return {
    schema: logical('long', logicalType),
    bytes: varint(units),
    values: [DATE, units, MOMENT, ...(safe ? [Number(units)] : [])],
    texts: [`${units}`, `"${MOMENT}"`],
    decoded: safe ? Number(units) : units,
    refused: [new Date(Number.NaN), 1.5, 2n ** 63n, '2024-01-31', 'yesterday', true, null, {}],
    refusedTexts: ['1.5', '9223372036854775808', '"2024-01-31"', 'true'],
    ...more,
  };
}

export const INPUTS: Record<string, Row> = {
  null: {
    cells: ['`null`', '`null`', '`null`'],
    examples: [
      { schema: 'null', bytes: '', values: [null], texts: ['null'], decoded: null, refused: [undefined, 0, 'null'] },
    ],
  },
  boolean: {
    cells: ['boolean', '`true`, `false`', 'boolean'],
    examples: [
      { schema: 'boolean', bytes: '01', values: [true], texts: ['true'], decoded: true, refused: [1, 'true'] },
      {
        schema: 'boolean',
        bytes: '00',
        values: [false],
        texts: ['false'],
        decoded: false,
        refusedTexts: ['0', '"false"'],
      },
    ],
  },
  int: {
    cells: ['whole number, bigint', 'number without a fraction (`5`, `5.0`, `5e0`)', 'number'],
    examples: [
      {
        schema: 'int',
        bytes: '0a',
        values: [5, 5n],
        texts: ['5', '5.0', '5e0'],
        decoded: 5,
        refused: [5.5, '5', 2n ** 31n, true],
        refusedTexts: ['5.5', '"5"', '2147483648'],
      },
    ],
  },
  long: {
    cells: [
      'whole number up to 2^53 − 1, bigint of 64 bits',
      'the same, all 64 bits exact',
      'number when safe, else bigint',
    ],
    examples: [
      {
        schema: 'long',
        bytes: '0a',
        values: [5, 5n],
        texts: ['5', '5.0', '5e0'],
        decoded: 5,
        refused: [2 ** 53, '5', 0.5],
      },
      {
        schema: 'long',
        bytes: 'feffffffffffffffff01',
        values: [2n ** 63n - 1n],
        texts: ['9223372036854775807'],
        decoded: 2n ** 63n - 1n,
        refused: [2n ** 63n],
        refusedTexts: ['9223372036854775808', '"5"'],
      },
      {
        schema: 'long',
        bytes: 'feffffffffffff1f',
        values: [2 ** 53 - 1],
        texts: ['9007199254740991'],
        decoded: 2 ** 53 - 1,
      },
    ],
  },
  'float, double': {
    cells: ['number', 'number, `"NaN"`, `"Infinity"`, `"-Infinity"`', 'number'],
    examples: [
      {
        schema: 'float',
        bytes: '0000c03f',
        values: [1.5],
        texts: ['1.5', '15e-1'],
        decoded: 1.5,
        refused: ['1.5', 1n],
      },
      { schema: 'float', bytes: '0000c07f', values: [Number.NaN], texts: ['"NaN"'], decoded: Number.NaN },
      { schema: 'float', bytes: '0000807f', values: [Infinity], texts: ['"Infinity"'], decoded: Infinity },
      {
        schema: 'double',
        bytes: '000000000000f83f',
        values: [1.5],
        texts: ['1.5'],
        decoded: 1.5,
        refusedTexts: ['"1.5"'],
      },
      { schema: 'double', bytes: '000000000000f0ff', values: [-Infinity], texts: ['"-Infinity"'], decoded: -Infinity },
    ],
  },
  string: {
    cells: ['string', 'string', 'string'],
    examples: [
      {
        schema: 'string',
        bytes: '04c3a9',
        values: ['é'],
        texts: ['"é"'],
        decoded: 'é',
        refused: [5, AB, new String('x')],
      },
    ],
  },
  'bytes, fixed': {
    cells: [
      'Buffer, any view on memory; bytes: ArrayBuffer too',
      'string, a character from U+0000 to U+00FF a byte',
      'Buffer',
    ],
    examples: [
      {
        schema: 'bytes',
        bytes: '046162',
        values: [AB, new Uint8Array(AB), new Int8Array(AB), new Uint16Array([0x6261]), viewOf(AB), bufferOf(AB)],
        texts: ['"ab"', '"\\u0061b"'],
        decoded: AB,
        refused: ['ab', [97, 98]],
        refusedTexts: ['"\u0100"', '[97,98]'],
      },
      {
        schema: fixed(2),
        bytes: '6162',
        values: [AB, new Uint8Array(AB), new Uint16Array([0x6261]), viewOf(AB)],
        texts: ['"ab"'],
        decoded: AB,
        refused: ['ab', bufferOf(AB), Buffer.from('abc')],
        refusedTexts: ['"abc"'],
      },
    ],
  },
  enum: {
    cells: ['symbol', 'symbol', 'string'],
    examples: [
      { schema: SYMBOLS, bytes: '02', values: ['B'], texts: ['"B"'], decoded: 'B', refused: ['C', 1, Symbol('B')] },
    ],
  },
  array: {
    cells: ['array, typed array', 'array', 'array'],
    examples: [
      {
        schema: { type: 'array', items: 'int' },
        bytes: '04020400',
        values: [[1, 2], new Int32Array([1, 2]), new Uint8Array([1, 2]), new Float64Array([1, 2])],
        texts: ['[1,2]'],
        decoded: [1, 2],
        refused: [{ 0: 1, length: 1 }, new Set([1]), viewOf(AB), '12'],
      },
      {
        schema: { type: 'array', items: 'long' },
        bytes: '0203' + '00',
        values: [new BigInt64Array([-2n])],
        texts: ['[-2]'],
        decoded: [-2],
      },
    ],
  },
  map: {
    cells: ['object, Map with string keys', 'object', 'object'],
    examples: [
      {
        schema: { type: 'map', values: 'int' },
        bytes: '0202610200',
        values: [{ a: 1 }, new Map([['a', 1]])],
        texts: ['{"a":1}'],
        decoded: { a: 1 },
        refused: [new Map([[1, 1]]), [1], AB, { a: undefined }],
      },
    ],
  },
  record: {
    cells: ['object', 'object, members in any order', 'object'],
    examples: [
      {
        schema: POINT,
        bytes: '0204',
        values: [{ x: 1, y: 2 }, { y: 2, x: 1 }, Object.freeze({ x: 1, y: 2 }), Object.create({ x: 1, y: 2 })],
        texts: ['{"x":1,"y":2}', '{"y":2,"x":1}'],
        decoded: { x: 1, y: 2 },
        refused: [[1, 2], null, { x: 1 }, 'x'],
      },
    ],
  },
  union: {
    cells: ['bare value, or `{"<branch>": value}`', 'the same', 'bare where the kind tells the branch, else tagged'],
    examples: [
      {
        schema: ['null', 'string', 'int'],
        bytes: '020278',
        values: ['x', { string: 'x' }],
        texts: ['"x"', '{"string":"x"}'],
        decoded: 'x',
        refused: [1.5, {}, undefined],
      },
      { schema: ['int', 'long'], bytes: '0202', values: [{ long: 1 }], texts: ['{"long":1}'], decoded: { long: 1 } },
    ],
  },
  date: {
    cells: ['Date, whole days, `"2024-01-31"`', 'number or string', 'Date'],
    examples: [
      {
        schema: logical('int', 'date'),
        bytes: varint(19753n),
        values: [new Date('2024-01-31'), DATE, 19753, 19753n, '2024-01-31'],
        texts: ['19753', '"2024-01-31"', `"${DATE.toISOString()}"`],
        decoded: new Date('2024-01-31'),
        refused: ['2024-02-30', '31.1.2024', 1.5, 2 ** 31, new Date(Number.NaN)],
      },
    ],
  },
  'time-millis, time-micros': {
    cells: ['whole number, bigint, `"13:45:00.123"`', 'number or string', 'number'],
    examples: [
      {
        schema: logical('int', 'time-millis'),
        bytes: varint(49_500_123n),
        values: [49_500_123, 49_500_123n, '13:45:00.123'],
        texts: ['49500123', '"13:45:00.123"'],
        decoded: 49_500_123,
        refused: [DATE, -1, 86_400_000, '25:00', '13:45:00.1234'],
      },
      {
        schema: logical('long', 'time-micros'),
        bytes: varint(49_500_123_000n),
        values: [49_500_123_000, 49_500_123_000n, '13:45:00.123', '13:45:00.123000'],
        texts: ['49500123000', '"13:45:00.123"'],
        decoded: 49_500_123_000,
        refused: [DATE, 86_400_000_000n, '13:45:00.1234567'],
      },
    ],
  },
  'timestamp-millis': {
    cells: ['Date, number, bigint, `"2024-01-31T13:45:00Z"`', 'number or string', 'Date'],
    examples: [moment('timestamp-millis', 1n, { decoded: DATE })],
  },
  'timestamp-micros, -nanos': {
    cells: ['the same', 'the same', 'number when safe, else bigint'],
    examples: [moment('timestamp-micros', 1000n, {}), moment('timestamp-nanos', 1_000_000n, {})],
  },
  'local-timestamp-*': {
    cells: [
      'the same; a Date stands for its moment in UTC, texts have no zone',
      'the same',
      'number when safe, else bigint',
    ],
    examples: (['millis', 'micros', 'nanos'] as const).map((unit, index) =>
      moment(`local-timestamp-${unit}`, 1000n ** BigInt(index), {
        values: [DATE, BigInt(MS) * 1000n ** BigInt(index), '2024-01-31T13:45:00', MOMENT],
        texts: ['"2024-01-31T13:45:00"', `"${DATE.toISOString()}"`],
        refused: ['2024-01-31T13:45:00+01:00', new Date(Number.NaN), 1.5],
      }),
    ),
  },
  decimal: {
    cells: [
      '`"12.34"`, number, bigint (5n is 5), `{unscaled, scale}`, the bytes',
      'number or string, all digits exact',
      'string',
    ],
    examples: [
      {
        schema: logical('bytes', 'decimal', { precision: 30, scale: 2 }),
        bytes: '0404d2',
        values: ['12.34', 12.34, { unscaled: 1234n, scale: 2 }, { unscaled: 1234 }, Buffer.from('04d2', 'hex')],
        texts: ['12.34', '"12.34"', '1234e-2'],
        decoded: '12.34',
        refused: ['12.345', 0.001, '12,34', Number.NaN, 10n ** 28n, true],
      },
      {
        schema: logical('bytes', 'decimal', { precision: 30, scale: 2 }),
        bytes: '0401f4',
        values: [5n, 5, '5'],
        texts: ['5', '5.00'],
        decoded: '5.00',
      },
      {
        schema: fixed(13, { logicalType: 'decimal', precision: 30, scale: 2 }),
        bytes: '018ee90ff6c373e0ee4e3f0ad2',
        values: ['1234567890123456789012345678.90'],
        texts: ['1234567890123456789012345678.90', '"1234567890123456789012345678.9"'],
        decoded: '1234567890123456789012345678.90',
      },
    ],
  },
  uuid: {
    cells: ['text; on fixed 16 bytes too', 'text', 'string'],
    examples: [
      {
        schema: logical('string', 'uuid'),
        bytes: `48${hex(Buffer.from(UUID))}`,
        values: [UUID],
        texts: [`"${UUID}"`],
        decoded: UUID,
        refused: ['f81d4fae', `{${UUID}}`, Buffer.from(UUID_HEX, 'hex')],
      },
      {
        schema: fixed(16, { logicalType: 'uuid' }),
        bytes: UUID_HEX,
        values: [UUID, Buffer.from(UUID_HEX, 'hex'), new Uint8Array(Buffer.from(UUID_HEX, 'hex'))],
        texts: [`"${UUID}"`],
        decoded: UUID,
        refused: [UUID_HEX, Buffer.alloc(15)],
      },
    ],
  },
  duration: {
    cells: ['`{months, days, milliseconds}`, 12 bytes', 'object', 'object'],
    examples: [
      {
        schema: fixed(12, { logicalType: 'duration' }),
        bytes: DURATION_HEX,
        values: [{ months: 1, days: 2, milliseconds: 3 }, Buffer.from(DURATION_HEX, 'hex')],
        texts: ['{"months":1,"days":2,"milliseconds":3}', '{"milliseconds":3,"days":2,"months":1}'],
        decoded: { months: 1, days: 2, milliseconds: 3 },
        refused: [{ weeks: 1 }, { days: 1.5 }, 'P1D', Buffer.alloc(11)],
      },
    ],
  },
};

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bufferOf(bytes));
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
