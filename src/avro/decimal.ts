/** Decimals: an unscaled integer as big-endian two's complement, in as few bytes as hold it, or in those of a fixed. */
import { type AvroFault, describe, fault } from './fault.ts';
import type { AvroNode } from './schema.ts';

const DECIMAL_TEXT = /^-?(?:\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,6}))?$/;
/** Texts beyond would be slow to turn into a bigint, and no precision in use needs them. */
const TEXT_CHARACTERS_MAX = 8192;
/** Of numbers written with more than they need. */
const SIGN_BYTES_MAX = 1024;
const ALLOWED = 'a number, a bigint, a string like "12.34", {unscaled, scale}, or the unscaled bytes';

/** The unscaled integer for the scale of the node. */
export function toUnscaled(value: unknown, node: AvroNode): bigint {
  if (typeof value === 'string') return fromText(value, node, value);
  if (typeof value === 'number') return fromText(String(value), node, value);
  if (typeof value === 'bigint') return within(rescale(value, -node.scale, node, value), node, value);
  if (typeof value === 'object' && value !== null && 'unscaled' in value) {
    const { unscaled, scale = node.scale } = value as { unscaled: unknown; scale?: unknown };
    if (typeof unscaled === 'bigint' || Number.isSafeInteger(unscaled)) {
      if (typeof scale === 'number' && Number.isInteger(scale) && Math.abs(scale) <= TEXT_CHARACTERS_MAX) {
        return within(rescale(BigInt(unscaled as number), scale - node.scale, node, value), node, value);
      }
    }
  }
  throw fault(describe(value), ALLOWED);
}

/** Refuses bytes that are no number (Java does not read none at all) or more than the precision. */
export function checkUnscaled(bytes: Uint8Array, node: AvroNode): void {
  if (bytes.length === 0) throw fault(describe(bytes), 'at least one byte');
  // A byte holds more than two digits, and those of the sign may be many, but not without end.
  if (bytes.length > Math.max(node.size, node.precision + SIGN_BYTES_MAX)) throw overflow(bytes, node);
  within(fromTwosComplement(bytes), node, bytes);
}

/** Two's complement of exactly so many bytes, or of as few as hold it. */
export function toTwosComplement(unscaled: bigint, bytes: number | undefined): Buffer {
  const width = bytes ?? widthOf(unscaled);
  const digits = BigInt.asUintN(width * 8, unscaled).toString(16);
  return Buffer.from(digits.padStart(width * 2, '0'), 'hex');
}

export function fromTwosComplement(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  const digits = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${digits}`));
}

/** 1234n and 2 are "12.34". */
export function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return unscaled.toString();
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const sign = unscaled < 0n ? '-' : '';
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Whether a string in a union can only have been meant as a decimal. */
export function isDecimalText(text: string): boolean {
  return text.length <= TEXT_CHARACTERS_MAX && DECIMAL_TEXT.test(text);
}

function fromText(text: string, node: AvroNode, given: unknown): bigint {
  const match = text.length <= TEXT_CHARACTERS_MAX ? DECIMAL_TEXT.exec(text) : null;
  if (match === null) throw fault(describe(given), ALLOWED);
  const fraction = match[1] ?? '';
  const exponent = Number(match[2] ?? 0);
  const digits = BigInt(text.replace(/[eE].*$/, '').replace('.', ''));
  // Zero is zero at any scale; anything else with such an exponent has no room in a precision.
  const excess = digits === 0n ? 0 : fraction.length - exponent - node.scale;
  if (-excess > node.precision) throw overflow(given, node);
  return within(rescale(digits, excess, node, given), node, given);
}

/** Drops that many digits, which must be zeros, or adds zeros when negative. */
function rescale(digits: bigint, excess: number, node: AvroNode, given: unknown): bigint {
  if (excess <= 0) return digits * 10n ** BigInt(-excess);
  const power = 10n ** BigInt(Math.min(excess, TEXT_CHARACTERS_MAX));
  if (digits % power !== 0n) {
    throw fault(describe(given), `at most ${node.scale} digits behind the point, which is the scale`);
  }
  return digits / power;
}

function within(unscaled: bigint, node: AvroNode, given: unknown): bigint {
  const limit = 10n ** BigInt(node.precision);
  if (unscaled >= limit || unscaled <= -limit) throw overflow(given, node);
  return unscaled;
}

function overflow(given: unknown, node: AvroNode): AvroFault {
  return fault(describe(given), `at most ${node.precision} digits, which is the precision (scale ${node.scale})`);
}

/** Bytes of the shortest two's complement: 127 → 1, 128 → 2, −128 → 1, −129 → 2. */
function widthOf(unscaled: bigint): number {
  const magnitude = unscaled < 0n ? -unscaled - 1n : unscaled;
  const bits = magnitude === 0n ? 0 : magnitude.toString(16).length * 4 - leadingZeros(magnitude);
  return Math.floor(bits / 8) + 1;
}

function leadingZeros(magnitude: bigint): number {
  const first = Number.parseInt(magnitude.toString(16).charAt(0), 16);
  return Math.clz32(first) - 28;
}
