/** What a benchmark is here, and how one is timed: outputs checked first, then warmed up, then measured by benny. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import benny from 'benny';
import { median } from './statistics.ts';

/** Bytes, or a number that depends on all of them. */
export type Made = Uint8Array | number;

export interface BenchCase {
  name: string;
  /** One cycle; returns what it made, so that no compiler can leave the work out. */
  run: () => Made | Promise<Made>;
}

/** One comparison: the same work done by each case. */
export interface BenchShape {
  name: string;
  /** Records in one cycle. */
  records: number;
  /** Bytes of the batch one cycle makes. */
  bytes: number;
  cases: BenchCase[];
}

export interface BenchSuite {
  name: string;
  /** What one item is, if not a record. */
  unit?: string;
  /** The case that the others are compared with, if not kafkajs. */
  baseline?: string;
  /** Processor time instead of the wall's, for work on one thread that the load of others must not move. */
  clock?: 'processor';
  shapeNames: readonly string[];
  /** Prepares a shape; throws if the cases do not make the same thing. */
  open: (shapeName: string) => Promise<BenchShape>;
}

export interface CaseFigure {
  name: string;
  recordsPerSecond: number;
  megabytesPerSecond: number;
  nanosecondsPerRecord: number;
  /** How far the rounds were apart: half of highest minus lowest, in percent of the median. */
  margin: number;
  samples: number;
}

export interface ShapeFigures {
  suite: string;
  shape: string;
  unit: string;
  baseline: string;
  cases: CaseFigure[];
}

/**
 * V8 compiles WebAssembly with its optimising compiler only after some hundred calls, and it never replaces a running
 * call, so a short warm-up would time the baseline compiler. Who needs longer than this for so many has long had his.
 */
const WARM_UP_CYCLES = 600;

export interface MeasureOptions {
  /** All cases are timed once a round; the figure is the median of the rounds, so that a busy second hits one round. */
  rounds: number;
  minSamples: number;
  /** Seconds per case and round. */
  maxTime: number;
  /** At most so long per case. */
  warmUpMs: number;
}

export async function measure(suite: BenchSuite, shape: BenchShape, options: MeasureOptions): Promise<ShapeFigures> {
  const { rounds, warmUpMs, ...limits } = options;
  for (const { run } of shape.cases) await warmUp(run, warmUpMs);
  if (suite.clock === 'processor') return figuresOf(suite, shape, await processorRounds(shape, options));
  const entries = shape.cases.map(({ name, run }) => benny.add(name, timed(run)));
  const summaries: Awaited<ReturnType<typeof benny.suite>>[] = [];
  for (let round = 0; round < rounds; round++) {
    // benny reports to the console; the figures are printed by the caller, once, in records.
    summaries.push(await benny.suite(shape.name, ...entries, benny.configure({ cases: limits })));
  }
  const timings = shape.cases.map((_, index): Timings => {
    const results = summaries.map((summary) => summary.results[index]).filter((result) => result !== undefined);
    return {
      seconds: results.map(({ details }) => details.median),
      samples: results.reduce((sum, { samples }) => sum + samples, 0),
    };
  });
  return figuresOf(suite, shape, timings);
}

/** Of one case: seconds a cycle in each round. */
interface Timings {
  seconds: number[];
  samples: number;
}

/**
 * V8's collection of young objects, or whoever comes next would pay for it: freeing the buffers that avsc makes, one
 * for each value, added a third to the case behind.
 */
const collect = ((): ((options: { type: 'minor' }) => void) => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as (options: { type: 'minor' }) => void;
})();

/** Memory of buffers is freed by another thread while the program goes on; the second collection waits for it. */
function collectYoung(): void {
  collect({ type: 'minor' });
  collect({ type: 'minor' });
}

/** Batches this long are counted finely enough; all cases take turns, so that a busy moment meets all of them. */
const BATCH_SECONDS = 0.02;

async function processorRounds({ cases }: BenchShape, { rounds, maxTime }: MeasureOptions): Promise<Timings[]> {
  const timings = cases.map((): Timings => ({ seconds: [], samples: 0 }));
  const cycles: number[] = [];
  for (const { run } of cases) cycles.push(Math.max(1, Math.round(BATCH_SECONDS / (await processorSeconds(run, 10)))));
  const turns = Math.ceil(maxTime / BATCH_SECONDS);
  for (let round = 0; round < rounds; round++) {
    const batches = cases.map((): number[] => []);
    for (let turn = 0; turn < turns; turn++) {
      for (const [index, { run }] of cases.entries()) {
        batches[index]!.push(await processorSeconds(run, cycles[index]!));
      }
    }
    for (const [index, timing] of timings.entries()) {
      timing.seconds.push(median(batches[index]!));
      timing.samples += turns;
    }
  }
  return timings;
}

/** Seconds a cycle, of all threads of this process, the collection of its garbage included. */
async function processorSeconds(run: BenchCase['run'], cycles: number): Promise<number> {
  const before = process.cpuUsage();
  for (let cycle = 0; cycle < cycles; cycle++) {
    const made = run();
    consume(made instanceof Promise ? await made : made);
  }
  collectYoung();
  const { user, system } = process.cpuUsage(before);
  return Math.max(1, user + system) / 1e6 / cycles;
}

function figuresOf(suite: BenchSuite, shape: BenchShape, timings: readonly Timings[]): ShapeFigures {
  const cases = shape.cases.map(({ name }, index): CaseFigure => {
    const { seconds, samples } = timings[index]!;
    const secondsPerCycle = median(seconds);
    return {
      name,
      recordsPerSecond: shape.records / secondsPerCycle,
      megabytesPerSecond: shape.bytes / secondsPerCycle / 1e6,
      nanosecondsPerRecord: (secondsPerCycle / shape.records) * 1e9,
      margin: (Math.max(...seconds) - Math.min(...seconds)) * (50 / secondsPerCycle),
      samples,
    };
  });
  const { unit = 'record', baseline = 'kafkajs' } = suite;
  return { suite: suite.name, shape: shape.name, unit, baseline, cases };
}

async function warmUp(run: BenchCase['run'], warmUpMs: number): Promise<void> {
  const until = performance.now() + warmUpMs;
  for (let cycle = 0; cycle < WARM_UP_CYCLES && performance.now() < until; cycle++) consume(await run());
}

/** benny decides by the type of the first result whether a case is asynchronous. */
function timed(run: BenchCase['run']): () => unknown {
  return () => {
    const made = run();
    if (made instanceof Promise) return made.then(consume);
    consume(made);
    return undefined;
  };
}

let consumed = 0;

function consume(made: Made): void {
  consumed ^= (typeof made === 'number' ? made : (made[made.length - 1] ?? 0)) & 0xff;
  if (consumed > 255) throw new Error('bytes are at most 255');
}
