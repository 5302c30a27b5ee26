/** Which slots belong to which run: ranges handed out first-fit, both engines alike. */
import type { BufferRun } from './engine.ts';

export class SlotRanges {
  readonly #slotsMax: number;
  /** In order of base. */
  readonly #runs: BufferRun[] = [];

  constructor(slotsMax: number) {
    this.#slotsMax = slotsMax;
  }

  /** Undefined when no gap is wide enough. */
  reserve(partitionCount: number): BufferRun | undefined {
    let base = 0;
    let position = 0;
    for (; position < this.#runs.length; position++) {
      const next = this.#runs[position] as BufferRun;
      if (next.base - base >= partitionCount) break;
      base = next.base + next.partitionCount;
    }
    if (base + partitionCount > this.#slotsMax) return undefined;
    const run: BufferRun = { base, partitionCount };
    this.#runs.splice(position, 0, run);
    return run;
  }

  /** False when the run is not reserved. */
  release(run: BufferRun): boolean {
    const position = this.#runs.indexOf(run);
    if (position < 0) return false;
    this.#runs.splice(position, 1);
    return true;
  }
}
