/** Breaks values and texts: one thing at a time, at any depth, some of it still fit for its schema. */
import type { Random } from '../support/random.ts';

const SPLICES = [
  '',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '0',
  '-',
  '.',
  'e',
  'null',
  'true',
  '1e400',
  '12345678',
  '123456789012345678901',
  '0.1',
  '\u0000',
  '\ud800',
  ' ',
  '{"int":1}',
  '"f0":',
  '[]',
  '{}',
] as const;

export function mutateText(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  return text.slice(0, at) + random.pick(SPLICES) + text.slice(at + random.below(4));
}

const STRANGERS: readonly (() => unknown)[] = [
  () => undefined,
  () => null,
  () => Number.NaN,
  () => -0,
  () => 0.1,
  () => 2 ** 31,
  () => 2 ** 53,
  () => -(2 ** 53),
  () => 1e400,
  () => 5n,
  () => 2n ** 63n,
  () => true,
  () => '',
  () => 'S0',
  () => '\ud800',
  () => '2024-01-31T13:45:00Z',
  () => 'x'.repeat(600),
  () => Symbol('s'),
  () => () => 1,
  () => [],
  () => [1, null, 'x'],
  () => ({}),
  () => ({ int: 1 }),
  () => ({ string: 'x' }),
  () => ({ f0: 1, f1: 'x' }),
  () => new Map([['k', 1]]),
  () => new Map([[1, 1]]),
  () => new Date(1.7e12),
  () => new Date(Number.NaN),
  () => Buffer.from('ab'),
  () => new Uint8Array(16),
  () => new Float64Array([1, 2.5]),
  () => new ArrayBuffer(3),
  () => Object.create(null) as unknown,
  () => new Proxy({}, {}),
];

/** The value with one part of it exchanged, dropped, doubled or put elsewhere; the value itself stays as it is. */
export function mutateValue(value: unknown, random: Random): unknown {
  if (random.below(3) > 0) {
    if (Array.isArray(value) && value.length > 0) return mutateList(value, random);
    if (isPlain(value) && Object.keys(value).length > 0) return mutateMembers(value, random);
    if (value instanceof Map && value.size > 0) {
      const at = random.below(value.size);
      const entries = [...(value as Map<unknown, unknown>)];
      return new Map(entries.map(([key, item], index) => [key, index === at ? mutateValue(item, random) : item]));
    }
  }
  return STRANGERS[random.below(STRANGERS.length)]!();
}

function mutateList(list: readonly unknown[], random: Random): unknown[] {
  const at = random.below(list.length);
  const kind = random.below(8);
  if (kind === 0) return list.filter((_, index) => index !== at);
  if (kind === 1) return [...list, list[at]];
  return list.map((item, index) => (index === at ? mutateValue(item, random) : item));
}

function mutateMembers(value: object, random: Random): object {
  const entries: (readonly [string, unknown])[] = Object.entries(value);
  const at = random.below(entries.length);
  const kind = random.below(8);
  if (kind === 0) return Object.fromEntries(entries.filter((_, index) => index !== at));
  if (kind === 1) return Object.fromEntries([...entries, ['other', 1] as const]);
  if (kind === 2) return Object.fromEntries(entries.reverse());
  return Object.fromEntries(
    entries.map(([key, item], index) => [key, index === at ? mutateValue(item, random) : item]),
  );
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
