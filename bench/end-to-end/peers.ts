/**
 * Who takes part, and what each is good for. Our own uses come first; Node clients come with an adapter in
 * bench/peers/node, programs are built by bench/peers/install.mjs. Whoever is not there is skipped with one line.
 */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const PEERS_FOLDER = resolve('bench', 'peers');
const BUILT = resolve('.cache', 'peers');
const INSTALL = 'node bench/peers/install.mjs';

export interface Peer {
  name: string;
  /** The command line, to which the job's arguments are added. */
  command: () => readonly string[];
  /** Messages per call; undefined where the client has no such thing. */
  sendMessages?: number;
  callsAtOnce?: number;
  /** How many times fewer messages it gets, so that a slow one does not take all the time. */
  slowness?: number;
  /** Takes part where every message is its own call. */
  hasRate?: boolean;
  /** Why it cannot take part here; undefined when it can. */
  missing: () => string | undefined;
}

const MANY = { sendMessages: 1000, callsAtOnce: 8 };
/** Each its own promise, and as many outstanding as a busy server has. */
const ONE = { sendMessages: 1, callsAtOnce: 1000 };

export const PEERS: readonly Peer[] = [
  ours('kafka-hotpath, send of 1000', { ...MANY, hasRate: true }),
  ours('kafka-hotpath (TypeScript), send of 1000', MANY, 'engine=typescript'),
  ours('kafka-hotpath, send of 1', { ...ONE, slowness: 2 }),
  node('kafkajs', 'kafkajs, send of 1000', { ...MANY, hasRate: true, slowness: 2 }),
  node('kafkajs', 'kafkajs, send of 1', { ...ONE, slowness: 25 }),
  node('@platformatic/kafka', 'platformatic, send of 1000', { ...MANY, hasRate: true }, 'platformatic'),
  node('@platformatic/kafka', 'platformatic, send of 1', { ...ONE, slowness: 25 }, 'platformatic'),
  node('@confluentinc/kafka-javascript', 'confluent, send of 1000', { ...MANY, hasRate: true }, 'confluent-kafkajs'),
  node('@confluentinc/kafka-javascript', 'confluent, send of 1', { ...ONE, slowness: 4 }, 'confluent-kafkajs'),
  node('@confluentinc/kafka-javascript', 'confluent, events', { ...MANY, slowness: 2 }, 'confluent-events'),
  node('node-rdkafka', 'node-rdkafka, events', { ...MANY, hasRate: true, slowness: 2 }),
  node('kafka-crab-js', 'kafka-crab-js, send of 1000', { ...MANY, hasRate: true, slowness: 4 }, 'crab'),
  java(),
  program('franz-go', 'franz-go'),
  program('librdkafka', 'librdkafka C'),
];

/** Ourselves with Avro on and off, the same bytes per message. */
export const AVRO_PEERS: readonly Peer[] = [
  ours('texts', MANY),
  ours('Avro from objects', MANY, 'adapter=avro'),
  ours('Avro from JSON texts', MANY, 'adapter=avro', 'form=text'),
  ours('TypeScript, texts', MANY, 'engine=typescript'),
  ours('TypeScript, Avro from objects', MANY, 'adapter=avro', 'engine=typescript'),
];

type Manner = Pick<Peer, 'sendMessages' | 'callsAtOnce' | 'hasRate' | 'slowness'>;

function ours(name: string, manner: Manner, ...extra: string[]): Peer {
  const isAvro = extra.includes('adapter=avro');
  const adapter = new URL(isAvro ? './avro.js' : './ours.js', import.meta.url);
  const more = extra.filter((word) => !word.startsWith('adapter='));
  return { name, ...manner, command: () => [...drive(adapter), ...more], missing };
  function missing(): undefined {
    return undefined;
  }
}

function node(packageName: string, name: string, manner: Manner, adapter = packageName): Peer {
  const missing = (): string | undefined => {
    try {
      createRequire(join(PEERS_FOLDER, 'package.json')).resolve(packageName);
    } catch {
      return `${packageName} is not installed; ${INSTALL}`;
    }
    return packageName in NATIVE ? nativeMissing(packageName) : undefined;
  };
  return {
    name,
    ...manner,
    command: () => drive(pathToFileURL(join(PEERS_FOLDER, 'node', `${adapter}.mjs`))),
    missing,
  };
}

/** Where the compiled part of a native client lies. */
const NATIVE: Readonly<Record<string, string>> = {
  'node-rdkafka': 'build/Release/node-librdkafka.node',
  '@confluentinc/kafka-javascript': 'build/Release/confluent-kafka-javascript.node',
};

function nativeMissing(packageName: string): string | undefined {
  const path = join(PEERS_FOLDER, 'node_modules', packageName, NATIVE[packageName] ?? '');
  return existsSync(path) ? undefined : `${packageName} is not compiled; ${INSTALL}`;
}

function drive(adapter: URL): string[] {
  return [process.execPath, resolve('build/bench/bench/end-to-end/drive.js'), `adapter=${adapter.href}`];
}

function java(): Peer {
  const classes = join(BUILT, 'java');
  return {
    name: 'Java',
    hasRate: true,
    command: () => {
      const jars = readdirSync(resolve('.cache')).find((name) => /^kafka-\d/.test(name)) ?? '';
      return ['java', '-cp', [classes, resolve('.cache', jars, '*')].join(delimiter), 'Peer'];
    },
    missing: () => (existsSync(join(classes, 'Peer.class')) ? undefined : `Peer.java is not compiled; ${INSTALL}`),
  };
}

function program(file: string, name: string): Peer {
  const path = join(BUILT, file);
  return {
    name,
    hasRate: true,
    command: () => [path],
    missing: () => (existsSync(path) ? undefined : `${name} is not built; ${INSTALL}`),
  };
}
