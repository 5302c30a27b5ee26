/** The figures of the engine's benchmarks as lines for people. */
import type { CaseFigure, ShapeFigures } from './suite.ts';

export interface MicroResults {
  machine: string;
  quick: boolean;
  figures: ShapeFigures[];
}

/** How many times as fast as the case that others are compared with. */
export function ratioOf({ cases, baseline }: ShapeFigures, { recordsPerSecond }: CaseFigure): number {
  const base = cases.find(({ name }) => name === baseline);
  return recordsPerSecond / (base?.recordsPerSecond ?? Number.NaN);
}

export function shapeLines(figures: ShapeFigures): string[] {
  const { suite, shape, cases, unit, baseline } = figures;
  const lines = cases.map((figure) =>
    [
      figure.name.padEnd(28),
      `${rate(figure.recordsPerSecond)} ${unit}s/s`.padStart(22),
      `${figure.megabytesPerSecond.toFixed(0)} MB/s`.padStart(13),
      `${figure.nanosecondsPerRecord.toFixed(0)} ns/${unit}`.padStart(19),
      `±${figure.margin.toFixed(0)} %`.padStart(8),
      `${ratioOf(figures, figure).toFixed(1)} ×`.padStart(9),
    ].join(''),
  );
  return [`\n${suite}, ${shape} (× ${baseline})`, ...lines];
}

function rate(perSecond: number): string {
  return perSecond >= 1e4 ? `${(perSecond / 1000).toFixed(0)} k` : perSecond.toFixed(0);
}

/**
 * Old against new, where both have the case. Only the ratio to the baseline is compared as well as the time: another
 * load on the machine moves times, but moves both of a ratio.
 */
export function compareLines(old: MicroResults, now: MicroResults): string[] {
  const lines = [`\ncompared with ${old.machine}`, `${''.padEnd(66)}ns before → now        × before → now`];
  for (const figures of now.figures) {
    const before = old.figures.find(({ suite, shape }) => suite === figures.suite && shape === figures.shape);
    if (before === undefined) continue;
    for (const figure of figures.cases) {
      const former = before.cases.find(({ name }) => name === figure.name);
      if (former === undefined) continue;
      const label = `${figures.suite}, ${figures.shape}, ${figure.name}`.padEnd(66);
      const times = `${former.nanosecondsPerRecord.toFixed(0)} → ${figure.nanosecondsPerRecord.toFixed(0)}`;
      const ratios = `${ratioOf(before, former).toFixed(1)} → ${ratioOf(figures, figure).toFixed(1)}`;
      lines.push(label + times.padEnd(22) + ratios);
    }
  }
  return lines;
}
