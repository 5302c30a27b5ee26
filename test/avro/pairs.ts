/**
 * Random pairs of schema and value, the same for the same seed: every type, nested, in unions, with defaults, and the
 * value both as JavaScript would have it and as JSON text.
 */
import { Random } from '../support/random.ts';

export interface Pair {
  schema: unknown;
  value: unknown;
  /** The value as JSON, its object members in any order, unions bare or tagged, 64-bit numbers in full. */
  text: string;
  /** Avro's own JSON form as every implementation reads it: in order, complete, tagged, logical types as written. */
  strict: string;
}

interface Generated {
  value: unknown;
  text: string;
  strict: string;
}

type Make = () => Generated;
interface Typed {
  schema: unknown;
  /** What tags it in a union. */
  name: string;
  make: Make;
}

const DEPTH_MAX = 3;
/** How often a record stands inside itself. */
const RECURSION_MAX = 3;
const UNITS = ['a', 'Z', '0', ' ', '"', '\\', '\n', 'é', '€', '中', '😀', '\u0000', '\ud800', '\udc00', '/'] as const;

export class PairGenerator {
  readonly #random: Random;
  #names = 0;
  /** Types with a namespace, in the order of the schema: what a later place may refer to by name. */
  #defined: Typed[] = [];
  /** Records whose fields are being made up. */
  #open: Typed[] = [];
  #recursion = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  next(): Pair {
    return this.group(1)[0]!;
  }

  /** So many values of one schema. */
  group(count: number): Pair[] {
    this.#names = 0;
    this.#defined = [];
    const { schema, make } = this.#type(0);
    return Array.from({ length: count }, () => ({ schema, ...make() }));
  }

  #type(depth: number): Typed {
    const random = this.#random;
    const nested = [
      () => this.#record(depth),
      () => this.#list(depth),
      () => this.#map(depth),
      () => this.#union(depth),
    ];
    if (depth > 0 && random.below(8) === 0) {
      const known = this.#reference();
      if (known !== undefined) return known;
    }
    if (depth < DEPTH_MAX && random.below(10) < (depth === 0 ? 9 : 4)) return nested[random.below(nested.length)]!();
    return this.#leaf();
  }

  /** A type by its name: one that is defined before, or a record around this place. */
  #reference(): Typed | undefined {
    const random = this.#random;
    const around = this.#open.at(-1);
    if (around === undefined || random.below(2) === 0) {
      const known = this.#defined[random.below(this.#defined.length + 1)];
      return known === undefined ? undefined : { ...known, schema: known.name };
    }
    const { name } = around;
    const make = (): Generated => {
      if (this.#recursion === RECURSION_MAX || random.below(2) === 0) return json(null);
      this.#recursion += 1;
      const made = around.make();
      this.#recursion -= 1;
      const tag = JSON.stringify(name);
      return { value: { [name]: made.value }, text: `{${tag}:${made.text}}`, strict: `{${tag}:${made.strict}}` };
    };
    return { name: 'union', schema: ['null', name], make };
  }

  #define(type: Typed): Typed {
    if (type.name.includes('.')) this.#defined.push(type);
    return type;
  }

  #leaf(): Typed {
    const leaves = [
      () => plain('null', () => json(null)),
      () => plain('boolean', () => json(this.#random.below(2) === 1)),
      () => plain('int', () => json(this.#int())),
      () => plain('long', () => this.#long()),
      () => plain('float', () => this.#fraction(Math.fround)),
      () => plain('double', () => this.#fraction()),
      () => plain('string', () => this.#string()),
      () => plain('bytes', () => latin1(this.#random.bytes(this.#random.below(9)))),
      () => this.#fixed(),
      () => this.#enum(),
      () => this.#logical(),
    ];
    return leaves[this.#random.below(leaves.length)]!();
  }

  #int(): number {
    return this.#random.pick([0, 1, -1, 63, 64, -65, 2147483647, -2147483648, this.#random.bits() | 0]);
  }

  #long(): Generated {
    const bits = (BigInt(this.#random.bits()) << 32n) | BigInt(this.#random.bits());
    const value = BigInt.asIntN(64, bits >> BigInt(this.#random.below(64)));
    const isSafe = Number.isSafeInteger(Number(value));
    return {
      value: isSafe && this.#random.below(2) === 0 ? Number(value) : value,
      text: String(value),
      strict: String(value),
    };
  }

  #fraction(round: (value: number) => number = (value) => value): Generated {
    const random = this.#random;
    const wild = random.bytes(8).readDoubleLE();
    const value = round(random.pick([0, -0, 1.5, 0.1, random.below(1e6) / 100, random.bits() / 7, wild, 1e22, 5e-324]));
    const text = Number.isFinite(value) ? (Object.is(value, -0) ? '-0.0' : String(value)) : `"${value}"`;
    return { value, text, strict: text };
  }

  #string(): Generated {
    const random = this.#random;
    const length = random.below(20) === 0 ? random.below(2000) : random.below(12);
    let value = '';
    for (let index = 0; index < length; index++) value += random.below(3) === 0 ? random.pick(UNITS) : 'x';
    return { value, text: this.#quoted(value), strict: JSON.stringify(value) };
  }

  /** A string as JSON, sometimes with more escapes than needed. */
  #quoted(value: string): string {
    const text = JSON.stringify(value);
    if (this.#random.below(4) > 0) return text;
    return text.replace(/x/g, () => (this.#random.below(2) === 0 ? '\\u0078' : 'x'));
  }

  #name(): string {
    this.#names += 1;
    return `${this.#random.below(3) === 0 ? 'ns.' : ''}N${this.#names}`;
  }

  #fixed(): Typed {
    const name = this.#name();
    const size = this.#random.below(6);
    const make = (): Generated => latin1(this.#random.bytes(size));
    return this.#define({ name, schema: { type: 'fixed', ...named(name), size }, make });
  }

  #enum(): Typed {
    const name = this.#name();
    const symbols = Array.from({ length: 1 + this.#random.below(5) }, (_, index) => `S${index}`);
    const make = (): Generated => json(symbols[this.#random.below(symbols.length)]);
    return this.#define({ name, schema: { type: 'enum', ...named(name), symbols }, make });
  }

  #logical(): Typed {
    const random = this.#random;
    const kinds = [
      'date',
      'time-millis',
      'time-micros',
      'timestamp-millis',
      'timestamp-micros',
      'timestamp-nanos',
      'local-timestamp-millis',
      'local-timestamp-micros',
      'local-timestamp-nanos',
      'decimal',
      'duration',
      'uuid',
    ] as const;
    const logicalType = random.pick(kinds);
    if (logicalType === 'duration' || (logicalType === 'uuid' && random.below(2) === 0)) {
      return this.#logicalFixed(logicalType);
    }
    if (logicalType === 'decimal') return this.#decimal();
    if (logicalType === 'uuid') {
      const make = (): Generated => json(uuid(random.bytes(16).toString('hex')));
      return { name: 'string', schema: { type: 'string', logicalType }, make };
    }
    if (logicalType === 'date')
      return { name: 'int', schema: { type: 'int', logicalType }, make: () => json(this.#int()) };
    if (logicalType === 'time-millis') {
      return { name: 'int', schema: { type: 'int', logicalType }, make: () => json(random.below(86_400_000)) };
    }
    const micros = (): Generated => json(random.below(86_400) * 1_000_000 + random.below(1_000_000));
    const make = logicalType === 'time-micros' ? micros : (): Generated => this.#long();
    return { name: 'long', schema: { type: 'long', logicalType }, make };
  }

  /** Types of so many bytes whose values are given as something else. */
  #logicalFixed(logicalType: 'duration' | 'uuid'): Typed {
    const name = this.#name();
    const size = logicalType === 'duration' ? 12 : 16;
    const make = (): Generated => {
      const bytes = this.#random.bytes(size);
      const { value, text } =
        logicalType === 'duration'
          ? json({ months: bytes.readUInt32LE(0), days: bytes.readUInt32LE(4), milliseconds: bytes.readUInt32LE(8) })
          : json(uuid(bytes.toString('hex')));
      return { value, text, strict: latin1(bytes).strict };
    };
    return this.#define({ name, schema: { type: 'fixed', ...named(name), size, logicalType }, make });
  }

  #decimal(): Typed {
    const random = this.#random;
    const precision = 1 + random.below(18);
    const scale = random.below(precision + 1);
    const isFixed = random.below(2) === 0;
    const name = isFixed ? this.#name() : 'bytes';
    const base = isFixed ? { type: 'fixed', ...named(name), size: 9 } : { type: 'bytes' };
    const make = (): Generated => {
      const digits = Array.from({ length: 1 + random.below(precision) }, () => random.below(10)).join('');
      const padded = digits.padStart(scale + 1, '0');
      const point = padded.length - scale;
      const magnitude =
        scale === 0 ? String(BigInt(padded)) : `${BigInt(padded.slice(0, point))}.${padded.slice(point)}`;
      const value = random.below(2) === 0 ? magnitude : `-${magnitude}`;
      const unscaled = BigInt(value.replace('.', ''));
      const strict = latin1(twosComplement(unscaled, isFixed ? 9 : undefined)).strict;
      return { value, text: random.below(2) === 0 ? value : `"${value}"`, strict };
    };
    return { name, schema: { ...base, logicalType: 'decimal', precision, scale }, make };
  }

  #record(depth: number): Typed {
    const random = this.#random;
    const name = this.#name();
    const self: Typed = { name, schema: name, make: () => make() };
    if (name.includes('.')) this.#open.push(self);
    const fields = Array.from({ length: random.below(6) }, (_, index) => ({
      name: `f${index}`,
      type: this.#type(depth + 1),
    }));
    if (name.includes('.')) this.#open.pop();
    const hasDefault = fields.map(({ type }) => type.schema === 'int' && random.below(2) === 0);
    const schema = {
      type: 'record',
      ...named(name),
      fields: fields.map((field, index) => ({
        name: field.name,
        type: field.type.schema,
        ...(hasDefault[index] ? { default: index } : {}),
      })),
    };
    const make = (): Generated => {
      const all = fields.map((field) => ({ field, made: field.type.make() }));
      const members = all.filter((_, index) => !hasDefault[index] || random.below(3) > 0);
      const strict = all.map(({ field, made }, index) => {
        const isThere = members.some((member) => member.field === field);
        return `"${field.name}":${isThere ? made.strict : index}`;
      });
      if (random.below(3) === 0) members.reverse();
      const separator = random.pick([',', ' ,\n']);
      return {
        value: Object.fromEntries(members.map(({ field, made }) => [field.name, made.value])),
        text: `{${members.map(({ field, made }) => `"${field.name}":${made.text}`).join(separator)}}`,
        strict: `{${strict.join(',')}}`,
      };
    };
    return this.#define({ name, schema, make });
  }

  #list(depth: number): Typed {
    const items = this.#type(depth + 1);
    const make = (): Generated => {
      const made = Array.from({ length: this.#length() }, () => items.make());
      return {
        value: made.map(({ value }) => value),
        text: `[${made.map(({ text }) => text).join(',')}]`,
        strict: `[${made.map(({ strict }) => strict).join(',')}]`,
      };
    };
    return { name: 'array', schema: { type: 'array', items: items.schema }, make };
  }

  #length(): number {
    return this.#random.below(30) === 0 ? 60 + this.#random.below(10) : this.#random.below(4);
  }

  #map(depth: number): Typed {
    const values = this.#type(depth + 1);
    const make = (): Generated => {
      const made = Array.from({ length: this.#length() }, (_, index) => ({ key: `k${index}é`, item: values.make() }));
      const isMap = this.#random.below(3) === 0;
      const entries = made.map(({ key, item }) => [key, item.value] as const);
      return {
        value: isMap ? new Map(entries) : Object.fromEntries(entries),
        text: `{${made.map(({ key, item }) => `${this.#quoted(key)}: ${item.text}`).join(',')}}`,
        strict: `{${made.map(({ key, item }) => `${JSON.stringify(key)}:${item.strict}`).join(',')}}`,
      };
    };
    return { name: 'map', schema: { type: 'map', values: values.schema }, make };
  }

  /** Of several branches values are tagged; of null and one other, either. */
  #union(depth: number): Typed {
    const random = this.#random;
    const branches: Typed[] = [];
    for (let count = 1 + random.below(4); count > 0; count--) {
      const defined = this.#defined.length;
      const branch = this.#type(depth + 1);
      if (!Array.isArray(branch.schema) && !branches.some(({ name }) => name === branch.name)) branches.push(branch);
      else this.#defined.length = defined;
    }
    if (branches.length === 0) branches.push(plain('null', () => json(null)));
    const make = (): Generated => {
      const { name, make: inner } = branches[random.below(branches.length)]!;
      const made = inner();
      if (name === 'null') return made;
      const strict = `{${JSON.stringify(name)}:${made.strict}}`;
      const isBare = branches.length === 2 && branches[0]!.name === 'null' && !isObject(made) && random.below(2) === 0;
      if (isBare) return { ...made, strict };
      return { value: { [name]: made.value }, text: `{${JSON.stringify(name)}:${made.text}}`, strict };
    };
    return { name: 'union', schema: branches.map(({ schema }) => schema), make };
  }
}

/** Name and namespace apart, so that nothing depends on what is around. */
function named(fullName: string): { name: string; namespace: string } {
  const point = fullName.lastIndexOf('.');
  return { name: fullName.slice(point + 1), namespace: fullName.slice(0, Math.max(point, 0)) };
}

function isObject({ text }: Generated): boolean {
  return text.startsWith('{');
}

function plain(name: string, make: Make): Typed {
  return { name, schema: name, make };
}

function json(value: unknown): Generated {
  return { value, text: JSON.stringify(value), strict: JSON.stringify(value) };
}

function latin1(value: Buffer): Generated {
  const text = JSON.stringify(value.toString('latin1'));
  return { value, text, strict: text };
}

/** The shortest, found by trying, or of so many bytes. */
function twosComplement(value: bigint, size = 1): Buffer {
  if (BigInt.asIntN(size * 8, value) !== value) return twosComplement(value, size + 1);
  return Buffer.from(
    BigInt.asUintN(size * 8, value)
      .toString(16)
      .padStart(size * 2, '0'),
    'hex',
  );
}

function uuid(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
