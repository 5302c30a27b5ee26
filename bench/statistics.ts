/** Medians and percentiles, by nearest rank: every figure printed was one that was measured. */

export function sorted(numbers: Iterable<number>): number[] {
  return Array.from(numbers).sort((left, right) => left - right);
}

/** NaN when there are none. */
export function percentile(ascending: ArrayLike<number>, share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? Number.NaN;
}

export function median(numbers: Iterable<number>): number {
  return percentile(sorted(numbers), 0.5);
}

export interface Spread {
  median: number;
  min: number;
  max: number;
}

export function spread(numbers: readonly number[]): Spread {
  const ascending = sorted(numbers);
  return { median: percentile(ascending, 0.5), min: percentile(ascending, 0), max: percentile(ascending, 1) };
}
