/** The end-to-end figures as lines for people: medians over the rounds, and how far the rounds were apart. */
import { type Spread, spread } from '../statistics.ts';
import type { Round } from './runner.ts';
import type { Scenario } from './scenarios.ts';

export function headLine({ name, partitions, rate, messages, lingerMs }: Scenario): string {
  const pace = rate > 0 ? `${rate} messages/s for ${messages / rate} s` : `${messages} messages`;
  return `${name}: ${pace}, ${partitions} partitions, linger ${lingerMs} ms, acks all`;
}

/** CPU seconds of the client per million messages, which is also microseconds per message. */
export function cpuPerMillion(rounds: readonly Round[]): Spread {
  return spread(rounds.map(({ cpuSeconds, messages }) => (cpuSeconds / messages) * 1e6));
}

export function throughput(rounds: readonly Round[]): Spread {
  return spread(rounds.map(({ seconds, messages }) => messages / seconds));
}

export function lineOf(name: string, rounds: readonly Round[], { rate }: Scenario): string {
  const cpu = cpuPerMillion(rounds);
  const rss = spread(rounds.map(({ maxRssMegabytes }) => maxRssMegabytes));
  const columns = [
    name.padEnd(42),
    `${cpu.median.toFixed(2)} CPU s/million`.padStart(20),
    `(${cpu.min.toFixed(2)}–${cpu.max.toFixed(2)})`.padEnd(16),
    rate > 0 ? latencies(rounds) : `${(throughput(rounds).median / 1000).toFixed(0)} k messages/s`.padStart(18),
    `${rss.median.toFixed(0)} MB at most`.padStart(16),
  ];
  return columns.join(' ');
}

function latencies(rounds: readonly Round[]): string {
  const ranks = ['p50', 'p99', 'p999'] as const;
  const texts = ranks.map((rank) => spread(rounds.map((round) => round[rank] ?? Number.NaN)).median.toFixed(2));
  return `${texts.join(' / ')} ms`.padStart(26);
}
