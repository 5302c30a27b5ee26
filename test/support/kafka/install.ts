/**
 * Gets a Kafka onto this machine: the jars by Maven, our two helper classes by javac, both into .cache, both once.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

export const KAFKA_VERSION = '4.1.1';

const CACHE = resolve('.cache');
const JARS = join(CACHE, `kafka-${KAFKA_VERSION}`);
/** By the working folder: this file also runs compiled, from another place (bench). */
const SOURCE_FOLDER = resolve('test', 'support', 'kafka');
const SOURCES = ['Guard.java', 'Dump.java'].map((name) => join(SOURCE_FOLDER, name));

/** What keeps Kafka from running here, as a sentence; undefined when nothing does. */
export function whyNoKafka(): string | undefined {
  const needed = ['java'];
  if (!existsSync(JARS)) needed.push('mvn');
  if (!existsSync(classesFolder())) needed.push('javac');
  const missing = needed.filter((tool) => spawnSync(tool, ['-version'], { stdio: 'ignore' }).error !== undefined);
  return missing.length === 0 ? undefined : `${missing.join(' and ')} not found`;
}

/** Fetches and compiles what is not there yet and returns the class path. */
export function installKafka(): string {
  mkdirSync(CACHE, { recursive: true });
  if (!existsSync(JARS)) {
    into(JARS, (folder) => {
      const pom = join(SOURCE_FOLDER, 'pom.xml');
      const options = [`-Dkafka.version=${KAFKA_VERSION}`, '-DincludeScope=runtime', `-DoutputDirectory=${folder}`];
      execFileSync('mvn', ['-q', '-B', '-f', pom, ...options, 'dependency:copy-dependencies'], { stdio: 'inherit' });
    });
  }
  const classes = classesFolder();
  if (!existsSync(classes)) {
    into(classes, (folder) => {
      execFileSync('javac', ['-cp', join(JARS, '*'), '-d', folder, ...SOURCES], { stdio: 'inherit' });
    });
  }
  return [classes, join(JARS, '*')].join(delimiter);
}

/** Another folder for other sources, so that an edit is never ignored. */
function classesFolder(): string {
  const hash = createHash('sha256');
  for (const source of SOURCES) hash.update(readFileSync(source));
  return join(CACHE, `kafka-helpers-${hash.digest('hex').slice(0, 12)}`);
}

/** Fills a folder beside the target and renames it: a half-filled one is never taken for a whole one. */
function into(target: string, fill: (folder: string) => void): void {
  const folder = mkdtempSync(`${target}.partial-`);
  try {
    fill(folder);
    if (!existsSync(target)) renameSync(folder, target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Flags that halve what a short-lived JVM costs. */
const QUICK_JVM = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

/**
 * What Kafka's own start script gives a broker (bin/kafka-server-start.sh, and KAFKA_JVM_PERFORMANCE_OPTS of
 * bin/kafka-run-class.sh, 4.1), without what is Java's default anyway.
 */
const SERVER_JVM = [
  '-Xms1g',
  '-Xmx1g',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent',
];
const QUIET_LOG = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];

export interface JavaOptions {
  /** What the command is preceded by, such as one that chooses a network. */
  prefix?: readonly string[];
  jvm?: readonly string[];
  /** With the flags of Kafka's own start script instead of the quick ones. */
  isServer?: boolean;
  main: string;
  arguments: readonly string[];
}

/** Starts a main class that ends with this process at the latest (Guard.java). */
export function startJava(options: JavaOptions): ChildProcess {
  const flags = [
    ...(options.isServer === true ? SERVER_JVM : QUICK_JVM),
    ...QUIET_LOG,
    ...(options.jvm ?? []),
    '-cp',
    installKafka(),
  ];
  const [command, ...rest] = [...(options.prefix ?? []), 'java', ...flags, 'Guard', options.main];
  return spawn(command, [...rest, ...options.arguments], { stdio: 'pipe' });
}

/** Runs a main class to its end and hands over its output line by line. Rejects unless it ends with 0. */
export async function runJava(options: JavaOptions, onLine: (line: string) => void): Promise<void> {
  const child = startJava(options);
  let rest = '';
  let errors = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    errors = (errors + chunk).slice(-4000);
  });
  const status = await new Promise<number | null>((settle, fail) => {
    child.once('error', fail).once('close', settle);
  });
  if (rest !== '') onLine(rest);
  if (status !== 0) throw new Error(`${options.main} ended with ${status ?? 'a signal'}: ${errors}`);
}
