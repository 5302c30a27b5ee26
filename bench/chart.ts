/** Horizontal bars as SVG, with no library: readable in a README, light and dark, and a diff shows what moved. */

export interface Bar {
  name: string;
  value: number;
  min: number;
  max: number;
}

export interface Chart {
  title: string;
  /** The machine. */
  caption: string;
  bars: readonly Bar[];
  /** Tenfold steps instead of equal ones, where some bars are a hundred times as long as others. */
  isLogarithmic?: boolean;
}

const WIDTH = 860;
const NAME_WIDTH = 290;
const VALUE_WIDTH = 80;
const BAR_WIDTH = WIDTH - NAME_WIDTH - VALUE_WIDTH;
const ROW = 24;
const BAR_HEIGHT = 14;
const TOP = 44;
const BOTTOM = 30;
/** Bars of this package stand out. */
const OURS = 'kafka-hotpath';

const STYLE = `
text { font: 13px sans-serif; fill: #24292f } .title { font-weight: bold } .caption { font-size: 11px; fill: #57606a }
.bar { fill: #8c959f } .ours { fill: #0969da } .whisker { stroke: #24292f; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .caption { fill: #8b949e } .bar { fill: #6e7681 } .ours { fill: #58a6ff }
.whisker { stroke: #e6edf3 } }`;

export function barChart({ title, caption, bars, isLogarithmic = false }: Chart): string {
  const height = TOP + bars.length * ROW + BOTTOM;
  const scale = scaleOf(bars, isLogarithmic);
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}">`,
    `<style>${STYLE}\n</style>`,
    `<text class="title" x="8" y="22">${escape(title)}${isLogarithmic ? ' (logarithmic)' : ''}</text>`,
    ...bars.flatMap((bar, row) => drawBar(bar, TOP + row * ROW, scale)),
    `<text class="caption" x="8" y="${height - 10}">${escape(caption)}</text>`,
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

type Scale = (value: number) => number;

function scaleOf(bars: readonly Bar[], isLogarithmic: boolean): Scale {
  const highest = Math.max(...bars.map(({ max }) => max));
  if (!isLogarithmic) return (value) => (value / highest) * BAR_WIDTH;
  const lowest = Math.min(...bars.map(({ min }) => min)) / 2;
  const width = Math.log(highest / lowest);
  return (value) => (Math.log(value / lowest) / width) * BAR_WIDTH;
}

function drawBar({ name, value, min, max }: Bar, y: number, scale: Scale): string[] {
  const middle = y + BAR_HEIGHT / 2;
  const [from, end, to] = [min, value, max].map((length) => round(NAME_WIDTH + scale(length))) as [
    number,
    number,
    number,
  ];
  const kind = name.startsWith(OURS) ? 'ours' : 'bar';
  return [
    `<text x="${NAME_WIDTH - 8}" y="${y + 12}" text-anchor="end">${escape(name)}</text>`,
    `<rect class="${kind}" x="${NAME_WIDTH}" y="${y}" width="${round(end - NAME_WIDTH)}" height="${BAR_HEIGHT}"/>`,
    `<line class="whisker" x1="${from}" x2="${to}" y1="${middle}" y2="${middle}"/>`,
    `<text x="${to + 6}" y="${y + 12}">${Number(value.toPrecision(3))}</text>`,
  ];
}

function round(length: number): number {
  return Math.round(length * 10) / 10;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
