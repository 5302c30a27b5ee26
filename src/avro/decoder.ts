/**
 * Avro binary → JavaScript values; strict about everything that a wrong length, count or index could do.
 *
 * What a value becomes is what can be handed in again and gives the same bytes: a long is a number when it is safe,
 * else a bigint; date and timestamp-millis are Dates where a Date reaches, other times are numbers as they are written;
 * decimals and UUIDs are strings, durations objects, bytes are copies. A value of a union is bare where its kind alone
 * tells the branch, else tagged: {"type": value}.
 */
import { decimalText, fromTwosComplement } from './decimal.ts';
import { type AvroFault, fault, tooDeep, within } from './fault.ts';
import { type AvroField, type AvroNode, OP, VALUE_DEPTH_MAX } from './schema.ts';
import { isTemporal, isTemporalText } from './temporal.ts';
import { durationOf, uuidText } from './uuid.ts';

/** Items that take no byte cannot be bounded by the bytes there are. */
const EMPTY_ITEMS_MAX = 1_000_000;
const DAY_MS = 86_400_000;
/** Where Date ends, on both sides of 1970. */
const DATE_MS_MAX = 8.64e15;
const VARINT_BYTES_MAX = 10;

export class Decoder {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #emptyItems = 0;

  /** Throws an AvroFault. */
  decode(node: AvroNode, bytes: Uint8Array): unknown {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = 0;
    this.#emptyItems = 0;
    const value = this.#value(node, 0);
    const rest = bytes.length - this.#at;
    if (rest > 0) throw fault(`${rest} bytes behind the value`, 'none');
    return value;
  }

  #value(node: AvroNode, depth: number): unknown {
    switch (node.op) {
      case OP.null:
        return null;
      case OP.boolean:
        return this.#boolean();
      case OP.int:
        return this.#int();
      case OP.long:
        return this.#long();
      case OP.float:
        return this.#bytes.readFloatLE(this.#take(4));
      case OP.double:
        return this.#bytes.readDoubleLE(this.#take(8));
      case OP.string:
      case OP.uuidString:
        return this.#text();
      case OP.bytes:
        return Buffer.from(this.#slice(this.#count('length')));
      case OP.fixed:
        return Buffer.from(this.#slice(node.size));
      case OP.enum:
        return node.symbols[this.#index(node.symbols.length, 'symbols')];
      case OP.union:
        return this.#union(node, depth);
      case OP.record:
        return this.#record(node, depth);
      case OP.array:
        return this.#array(node, depth);
      case OP.map:
        return this.#map(node, depth);
      default:
        return this.#logical(node);
    }
  }

  #logical(node: AvroNode): unknown {
    switch (node.op) {
      case OP.decimalBytes:
        return decimalText(fromTwosComplement(this.#slice(this.#count('length'))), node.scale);
      case OP.decimalFixed:
        return decimalText(fromTwosComplement(this.#slice(node.size)), node.scale);
      case OP.uuidFixed:
        return uuidText(this.#slice(node.size));
      case OP.duration:
        return durationOf(this.#slice(node.size));
      case OP.date: {
        const days = this.#int();
        return Math.abs(days) * DAY_MS <= DATE_MS_MAX ? new Date(days * DAY_MS) : days;
      }
      case OP.timeMillis:
        return this.#int();
      case OP.timestampMillis: {
        const milliseconds = this.#long();
        const isDate = typeof milliseconds === 'number' && Math.abs(milliseconds) <= DATE_MS_MAX;
        return isDate ? new Date(milliseconds) : milliseconds;
      }
      default:
        return this.#long();
    }
  }

  #record(node: AvroNode, depth: number): Record<string, unknown> {
    if (depth === VALUE_DEPTH_MAX) throw tooDeep();
    const record: Record<string, unknown> = {};
    let index = 0;
    try {
      for (; index < node.fields.length; index++) {
        const field = node.fields[index] as AvroField;
        put(record, field.name, this.#value(field.node, depth + 1));
      }
    } catch (error) {
      throw within(error, (node.fields[index] as AvroField).name);
    }
    return record;
  }

  #array(node: AvroNode, depth: number): unknown[] {
    if (depth === VALUE_DEPTH_MAX) throw tooDeep();
    const items: unknown[] = [];
    try {
      for (let left = this.#block(); left > 0; left = this.#block()) {
        for (; left > 0; left--) {
          const start = this.#at;
          items.push(this.#value(node.items as AvroNode, depth + 1));
          if (this.#at === start) this.#countEmpty();
        }
      }
    } catch (error) {
      throw within(error, items.length);
    }
    return items;
  }

  #map(node: AvroNode, depth: number): Record<string, unknown> {
    if (depth === VALUE_DEPTH_MAX) throw tooDeep();
    const map: Record<string, unknown> = {};
    for (let left = this.#block(); left > 0; left = this.#block()) {
      for (; left > 0; left--) {
        const key = this.#text();
        try {
          put(map, key, this.#value(node.items as AvroNode, depth + 1));
        } catch (error) {
          throw within(error, key);
        }
      }
    }
    return map;
  }

  #union(node: AvroNode, depth: number): unknown {
    const branch = node.branches[this.#index(node.branches.length, 'branches')] as AvroNode;
    const value = this.#value(branch, depth);
    if (branch.op === OP.null) return null;
    return isBare(node, branch, value) ? value : put({}, branch.name, value);
  }

  /** Items of the next block; its byte size, written before a negative count, is of no use here. */
  #block(): number {
    const count = this.#long();
    if (typeof count !== 'number') throw this.#wrong(`a count of ${count}`, 'what 32 bits hold');
    if (count < 0) this.#long();
    return Math.abs(count);
  }

  #countEmpty(): void {
    this.#emptyItems += 1;
    if (this.#emptyItems > EMPTY_ITEMS_MAX) {
      throw this.#wrong(`more than ${EMPTY_ITEMS_MAX} items without bytes`, `${EMPTY_ITEMS_MAX}`);
    }
  }

  #index(length: number, what: string): number {
    const index = this.#int();
    if (index < 0 || index >= length) throw this.#wrong(`the index ${index}`, `0 to ${length - 1} (${length} ${what})`);
    return index;
  }

  #boolean(): boolean {
    const byte = this.#bytes[this.#take(1)] as number;
    if (byte > 1) throw this.#wrong(`the byte ${byte}`, '0 or 1');
    return byte === 1;
  }

  #text(): string {
    return this.#slice(this.#count('length')).toString('utf8');
  }

  #count(what: string): number {
    const count = this.#long();
    if (typeof count === 'number' && count >= 0) return count;
    throw this.#wrong(`a ${what} of ${count}`, 'zero or more');
  }

  #int(): number {
    const value = this.#long();
    if ((Number(value) | 0) === Number(value)) return Number(value);
    throw this.#wrong(`an int of ${value}`, '32 bits');
  }

  #long(): number | bigint {
    let low = 0;
    let factor = 1;
    for (let index = 0; index < 7; index++) {
      const byte = this.#bytes[this.#take(1)] as number;
      low += (byte & 0x7f) * factor;
      factor *= 128;
      // Zigzag: even is n / 2, odd is −(n + 1) / 2.
      if (byte < 0x80) return low % 2 === 0 ? low / 2 : -(low + 1) / 2;
    }
    return this.#longTail(BigInt(low));
  }

  #longTail(low: bigint): number | bigint {
    let bits = low;
    for (let index = 7; index < VARINT_BYTES_MAX; index++) {
      const byte = this.#bytes[this.#take(1)] as number;
      bits |= BigInt(byte & 0x7f) << BigInt(index * 7);
      if (byte >= 0x80) continue;
      if (bits >= 1n << 64n) break;
      const value = (bits >> 1n) ^ -(bits & 1n);
      return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    }
    throw this.#wrong('a varint of more than 64 bits', '64 bits');
  }

  #slice(length: number): Buffer {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  #take(length: number): number {
    const start = this.#at;
    const left = this.#bytes.length - start;
    if (length > left) throw this.#wrong(`${left} bytes left where ${length} are needed`, 'whole values');
    this.#at = start + length;
    return start;
  }

  #wrong(got: string, allowed: string): AvroFault {
    return fault(`${got} before byte ${this.#at}`, allowed);
  }
}

/** As an own property whatever its name, __proto__ among them. */
function put(target: Record<string, unknown>, name: string, value: unknown): Record<string, unknown> {
  if (name !== '__proto__') target[name] = value;
  else Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  return target;
}

/** Whether the value alone leads back to this branch, as an object and as JSON, where NaN and a Date are strings. */
function isBare(node: AvroNode, branch: AvroNode, value: unknown): boolean {
  const kind = kindOf(branch);
  const isWord = value instanceof Date || (typeof value === 'number' && !Number.isFinite(value));
  for (const other of node.branches) {
    if (other === branch) continue;
    const otherKind = kindOf(other);
    if (otherKind === kind || (isWord && otherKind === 'string')) return false;
    // A text that looks like a moment would be taken for one.
    if (typeof value === 'string' && isTemporal(other.op) && isTemporalText(value, other.op)) return false;
  }
  if (kind !== 'object') return true;
  const keys = Object.keys(value as object);
  return keys.length !== 1 || !node.tags.has(keys[0] as string);
}

function kindOf({ op }: AvroNode): string {
  if (op === OP.string || op === OP.enum || op === OP.uuidString || op === OP.uuidFixed) return 'string';
  if (op === OP.decimalBytes || op === OP.decimalFixed) return 'string';
  if (op === OP.bytes || op === OP.fixed) return 'string';
  if (op === OP.record || op === OP.map || op === OP.duration) return 'object';
  if (op === OP.int || op === OP.long || op === OP.float || op === OP.double || isTemporal(op)) return 'number';
  return op === OP.array ? 'array' : op === OP.boolean ? 'boolean' : 'null';
}
