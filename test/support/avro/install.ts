/** Apache Avro by Maven and javac, fastavro by pip: both into .cache, both once. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

const AVRO_VERSION = '1.12.1';
const FASTAVRO_VERSION = '1.13.1';
const CACHE = resolve('.cache');
const SOURCE_FOLDER = resolve('test', 'support', 'avro');
const JARS = join(CACHE, `avro-${AVRO_VERSION}`);
const VENV = join(CACHE, `fastavro-${FASTAVRO_VERSION}`);
const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;

export interface Oracle {
  name: string;
  command: string;
  args: readonly string[];
}

function missing(tools: readonly string[]): string | undefined {
  const absent = tools.filter((tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).error !== undefined);
  return absent.length === 0 ? undefined : `${absent.join(' and ')} not found`;
}

/** The oracle, or in a sentence what keeps it from running here. */
export function apacheAvro(): Oracle | string {
  const why = missing(['java', 'javac', 'mvn']);
  if (why !== undefined) return why;
  mkdirSync(JARS, { recursive: true });
  if (!existsSync(join(JARS, 'Encode.class'))) {
    const options = [`-Davro.version=${AVRO_VERSION}`, '-DincludeScope=runtime', `-DoutputDirectory=${JARS}`];
    const pom = join(SOURCE_FOLDER, 'pom.xml');
    execFileSync('mvn', ['-q', '-B', '-f', pom, ...options, 'dependency:copy-dependencies'], { stdio: 'inherit' });
  }
  execFileSync('javac', ['-cp', join(JARS, '*'), '-d', JARS, join(SOURCE_FOLDER, 'Encode.java')], { stdio: 'inherit' });
  const classPath = [JARS, join(JARS, '*')].join(delimiter);
  return { name: `Apache Avro ${AVRO_VERSION}`, command: 'java', args: ['-cp', classPath, 'Encode'] };
}

export function fastavro(): Oracle | string {
  const why = missing(['python3']);
  if (why !== undefined) return why;
  const python = join(VENV, 'bin', 'python');
  if (spawnSync(python, ['-c', 'import fastavro'], { stdio: 'ignore' }).status !== 0) {
    execFileSync('python3', ['-m', 'venv', VENV], { stdio: 'inherit' });
    execFileSync(python, ['-m', 'pip', 'install', '-q', `fastavro==${FASTAVRO_VERSION}`], { stdio: 'inherit' });
  }
  return { name: `fastavro ${FASTAVRO_VERSION}`, command: python, args: [join(SOURCE_FOLDER, 'encode.py')] };
}

/** One line out for each line in; all in one process. */
export async function ask(oracle: Oracle, lines: readonly string[]): Promise<string[]> {
  const child = spawn(oracle.command, oracle.args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const parts: Buffer[] = [];
  let bytes = 0;
  child.stdout.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes > OUTPUT_BYTES_MAX) child.kill();
    parts.push(part);
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(`${lines.join('\n')}\n`);
  const status = await new Promise<number | null>((settle, reject) => {
    child.once('error', reject).once('close', settle);
  });
  if (status !== 0) throw new Error(`${oracle.name} ended with ${status ?? 'a signal'}`);
  // Not trimmed: the last answer may be empty, as a null is written.
  return Buffer.concat(parts).toString('utf8').split('\n').slice(0, -1);
}
