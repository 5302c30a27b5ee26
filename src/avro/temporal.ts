/**
 * Dates and times as the whole numbers they are written as: days, or milli-, micro- or nanoseconds, since midnight or
 * since 1970. A Date stands for its moment in UTC everywhere, for the local types too: what is written must not depend
 * on the time zone of the machine.
 */
import { AvroFault, describe, fault } from './fault.ts';
import { type AvroNode, OP } from './schema.ts';

const DAY_MS = 86_400_000;
const INT_MAX = 2_147_483_647;
const ISO_DATE = /^\d{4}-\d\d-\d\d$/;
const ISO_MOMENT = /^[+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?$/;
const ISO_TIME = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?$/;

/** Units of the type in a second; a day for the date. */
const PER_SECOND: Readonly<Record<number, bigint>> = {
  [OP.timeMillis]: 1_000n,
  [OP.timeMicros]: 1_000_000n,
  [OP.timestampMillis]: 1_000n,
  [OP.timestampMicros]: 1_000_000n,
  [OP.timestampNanos]: 1_000_000_000n,
  [OP.localTimestampMillis]: 1_000n,
  [OP.localTimestampMicros]: 1_000_000n,
  [OP.localTimestampNanos]: 1_000_000_000n,
};

export function isTemporal(op: number): boolean {
  return op >= OP.date && op <= OP.localTimestampNanos;
}

export function isTimeOfDay(op: number): boolean {
  return op === OP.timeMillis || op === OP.timeMicros;
}

/** Whether the type is an int, not a long. */
export function isIntTemporal(op: number): boolean {
  return op === OP.date || op === OP.timeMillis;
}

/** What a caller may hand in for the type. */
export function allowedFor(node: AvroNode): string {
  if (node.op === OP.date) return 'a Date, a string like "2024-01-31", or whole days since 1970 in 32 bits';
  if (isTimeOfDay(node.op)) return 'a string like "13:45:00.123", or a whole number from 0 to the end of the day';
  return 'a Date, a string like "2024-01-31T13:45:00Z", or a whole number since 1970 in 64 bits';
}

/** The number to write; it fits the type. */
export function toTemporal(value: unknown, node: AvroNode): number | bigint {
  const { op } = node;
  let units: bigint | number | undefined;
  if (typeof value === 'number') units = Number.isSafeInteger(value) ? value : undefined;
  else if (typeof value === 'bigint') units = value;
  else if (typeof value === 'string') units = fromIso(value, op);
  else if (value instanceof Date && !isTimeOfDay(op)) units = fromMilliseconds(value.getTime(), op);
  if (units === undefined || !fits(units, op)) throw fault(describe(value), allowedFor(node));
  return units;
}

/** Whether a string is of the form of the type, so that a union may take it for one. */
export function isTemporalText(text: string, op: number): boolean {
  try {
    const units = fromIso(text, op);
    return units !== undefined && fits(units, op);
  } catch (error) {
    if (error instanceof AvroFault) return false;
    throw error;
  }
}

function fromMilliseconds(milliseconds: number, op: number): bigint | number | undefined {
  if (Number.isNaN(milliseconds)) return undefined;
  if (op === OP.date) return Math.floor(milliseconds / DAY_MS);
  if (op === OP.timestampMillis || op === OP.localTimestampMillis) return milliseconds;
  return (BigInt(milliseconds) * (PER_SECOND[op] as bigint)) / 1000n;
}

function fits(units: bigint | number, op: number): boolean {
  if (isTimeOfDay(op)) return units >= 0 && units < 86_400n * (PER_SECOND[op] as bigint);
  if (op === OP.date) return units >= -INT_MAX - 1 && units <= INT_MAX;
  return typeof units === 'number' || BigInt.asIntN(64, units) === units;
}

/** Exact to the digit; digits that the type has no room for are refused. */
function fromIso(text: string, op: number): bigint | number | undefined {
  if (op === OP.date) return daysFromIso(text);
  const perSecond = PER_SECOND[op] as bigint;
  if (isTimeOfDay(op)) {
    const match = ISO_TIME.exec(text);
    if (match === null) return undefined;
    const [hours, minutes, seconds] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
    if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
    return BigInt(hours * 3600 + minutes * 60 + seconds) * perSecond + fractionUnits(match[4], perSecond);
  }
  const match = ISO_MOMENT.exec(text);
  if (match === null) return undefined;
  const isLocal = op >= OP.localTimestampMillis;
  // A moment needs its zone, a local time must not have one but for the Z that JSON.stringify gives a Date.
  if (match[2] === undefined ? !isLocal : isLocal && match[2] !== 'Z') return undefined;
  const whole = text.replace(/\.\d+/, '');
  const milliseconds = Date.parse(match[2] === undefined ? `${whole}Z` : whole);
  if (Number.isNaN(milliseconds)) return undefined;
  return (BigInt(milliseconds) / 1000n) * perSecond + fractionUnits(match[1], perSecond);
}

/** A day; or a moment, which is what JSON.stringify makes of a Date. */
function daysFromIso(text: string): number | undefined {
  if (ISO_DATE.test(text)) {
    const milliseconds = Date.parse(text);
    return isSameDay(text, milliseconds) ? milliseconds / DAY_MS : undefined;
  }
  const milliseconds = ISO_MOMENT.exec(text)?.[2] === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / DAY_MS);
}

/** Date.parse takes 31 February for 2 March. */
function isSameDay(text: string, milliseconds: number): boolean {
  return !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(text);
}

function fractionUnits(digits: string | undefined, perSecond: bigint): bigint {
  if (digits === undefined) return 0n;
  const places = perSecond.toString().length - 1;
  const extra = digits.slice(places);
  if (/[1-9]/.test(extra)) throw fault(`a time with ${digits.length} digits of a second`, `at most ${places}`);
  return BigInt(digits.slice(0, places).padEnd(places, '0'));
}
