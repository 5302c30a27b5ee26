/** Every fault is met in four modes: each engine, with idempotence on and off. */

export interface Mode {
  readonly engine: 'wasm' | 'typescript';
  readonly idempotent: boolean;
}

export const MODES: readonly Mode[] = (['wasm', 'typescript'] as const).flatMap((engine) =>
  [true, false].map((idempotent) => ({ engine, idempotent })),
);

/** Part of the name of a test; scripts/fault-table.ts reads out of the names in which modes a fault was met. */
export function nameOf({ engine, idempotent }: Mode): string {
  return `${engine}, idempotence ${idempotent ? 'on' : 'off'}`;
}
