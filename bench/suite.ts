/** What a benchmark is here, and how one is timed: outputs checked first, then warmed up, then measured by benny. */
import benny from 'benny';

export interface BenchCase {
  name: string;
  /** One cycle; returns what it made, so that no compiler can leave the work out. */
  run: () => Uint8Array | Promise<Uint8Array>;
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
  shapeNames: readonly string[];
  /** Prepares a shape; throws if the cases do not make the same thing. */
  open: (shapeName: string) => Promise<BenchShape>;
}

export interface CaseFigure {
  name: string;
  recordsPerSecond: number;
  megabytesPerSecond: number;
  nanosecondsPerRecord: number;
  /** Relative margin of error in percent. */
  margin: number;
  samples: number;
}

export interface ShapeFigures {
  suite: string;
  shape: string;
  cases: CaseFigure[];
}

/**
 * V8 compiles WebAssembly with its optimising compiler only after some hundred calls, and it never replaces a running
 * call, so a short warm-up would time the baseline compiler.
 */
const WARM_UP_CYCLES = 600;

export interface MeasureOptions {
  minSamples: number;
  /** Seconds per case. */
  maxTime: number;
}

export async function measure(suiteName: string, shape: BenchShape, options: MeasureOptions): Promise<ShapeFigures> {
  for (const { run } of shape.cases) {
    for (let cycle = 0; cycle < WARM_UP_CYCLES; cycle++) consume(await run());
  }
  const entries = shape.cases.map(({ name, run }) => benny.add(name, timed(run)));
  // benny reports to the console; the figures are printed by the caller, once, in records.
  const summary = await benny.suite(shape.name, ...entries, benny.configure({ cases: options }));
  const cases = summary.results.map(({ name, details, margin, samples }): CaseFigure => {
    const secondsPerCycle = details.median;
    return {
      name,
      recordsPerSecond: shape.records / secondsPerCycle,
      megabytesPerSecond: shape.bytes / secondsPerCycle / 1e6,
      nanosecondsPerRecord: (secondsPerCycle / shape.records) * 1e9,
      margin,
      samples,
    };
  });
  return { suite: suiteName, shape: shape.name, cases };
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

function consume(bytes: Uint8Array): void {
  consumed ^= bytes[bytes.length - 1] ?? 0;
  if (consumed > 255) throw new Error('bytes are at most 255');
}
