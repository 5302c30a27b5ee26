/**
 * What one client is asked to do, in a process of its own, and what it answers. The job goes to clients of every
 * language as NAME=VALUE arguments; the figures come back as one line of JSON, the last of standard output.
 */

export interface Job {
  broker: string;
  topic: string;
  idempotence: boolean;
  lingerMs: number;
  valueBytes: number;
  /** 0: no keys. */
  keyBytes: number;
  messages: number;
  /** Sent in the same way before the clock starts, so that compilers and connections are warm. */
  warmUp: number;
  /** Messages per second, one per call; 0: as fast as it goes. */
  rate: number;
  /** Messages per call where a client takes several. */
  sendMessages: number;
  /** Calls under way at once. */
  callsAtOnce: number;
}

export interface Figures {
  seconds: number;
  /** User and system time of all threads of the client. */
  cpuSeconds: number;
  maxRssMegabytes: number;
  /** Milliseconds from call to acknowledgement, when a rate was kept. */
  p50?: number;
  p99?: number;
  p999?: number;
}

export function jobArguments(job: Job): string[] {
  return Object.entries(job).map(([name, value]) => `${name}=${String(value)}`);
}

/** The job, and whatever else was given by name. */
export function parseJob(words: readonly string[]): { job: Job; extra: Readonly<Record<string, string>> } {
  const given: Record<string, string> = {};
  for (const word of words) {
    const end = word.indexOf('=');
    given[word.slice(0, end)] = word.slice(end + 1);
  }
  const number = (name: keyof Job): number => Number(given[name]);
  const job: Job = {
    broker: given['broker'] ?? '',
    topic: given['topic'] ?? '',
    idempotence: given['idempotence'] === 'true',
    lingerMs: number('lingerMs'),
    valueBytes: number('valueBytes'),
    keyBytes: number('keyBytes'),
    messages: number('messages'),
    warmUp: number('warmUp'),
    rate: number('rate'),
    sendMessages: number('sendMessages'),
    callsAtOnce: number('callsAtOnce'),
  };
  return { job, extra: given };
}
