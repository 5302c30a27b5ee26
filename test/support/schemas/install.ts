/** Clients that are not ours for what is stored by a schema: Confluent's for Python, Google's Protobuf for Java. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { ask, type Oracle } from '../avro/install.ts';

const PROTOBUF_VERSION = '4.33.4';
const CONFLUENT_VERSION = '2.16.1';
const CACHE = resolve('.cache');
const SOURCE_FOLDER = resolve('test', 'support', 'schemas');
const JARS = join(CACHE, `protobuf-${PROTOBUF_VERSION}`);
const VENV = join(CACHE, `confluent-kafka-${CONFLUENT_VERSION}`);

/** What keeps them from running here, as a sentence. */
export function whyNoClients(): string | undefined {
  const absent = ['java', 'javac', 'mvn', 'python3'].filter(
    (tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).error !== undefined,
  );
  return absent.length === 0 ? undefined : `${absent.join(' and ')} not found`;
}

/** @param file the .proto of the descriptor set whose messages the indexes count */
function protobufJava(descriptorSet: string, file: string): Oracle {
  mkdirSync(JARS, { recursive: true });
  if (!existsSync(join(JARS, 'Decode.class'))) {
    const options = [`-Dprotobuf.version=${PROTOBUF_VERSION}`, '-DincludeScope=runtime', `-DoutputDirectory=${JARS}`];
    const pom = join(SOURCE_FOLDER, 'pom.xml');
    execFileSync('mvn', ['-q', '-B', '-f', pom, ...options, 'dependency:copy-dependencies'], { stdio: 'inherit' });
  }
  execFileSync('javac', ['-cp', join(JARS, '*'), '-d', JARS, join(SOURCE_FOLDER, 'Decode.java')], { stdio: 'inherit' });
  const classPath = [JARS, join(JARS, '*')].join(delimiter);
  return {
    name: `protobuf-java ${PROTOBUF_VERSION}`,
    command: 'java',
    args: ['-cp', classPath, 'Decode', descriptorSet, file],
  };
}

export interface DecodedMessage {
  readonly id: number;
  readonly message: string;
  readonly json: unknown;
}

/** What Java reads from messages in Confluent's wire format, given in hex. */
export async function readByJava(
  descriptorSet: string,
  file: string,
  hexLines: readonly string[],
): Promise<DecodedMessage[]> {
  const lines = await ask(protobufJava(descriptorSet, file), hexLines);
  return lines.map((line) => {
    const [, id, message = '', json = ''] = /^(\d+) (\S+) (.*)$/.exec(line) ?? [];
    return { id: Number(id), message, json: JSON.parse(json) as unknown };
  });
}

/** As consume.py has it. */
export interface FieldSpec {
  readonly type: 'avro' | 'json' | 'protobuf';
  readonly descriptors?: string;
  readonly message?: string;
  readonly again?: boolean;
}

export interface TopicSpec {
  readonly brokers: string;
  readonly registry: string;
  readonly topic: string;
  readonly key?: FieldSpec;
  readonly value?: FieldSpec;
}

/** What Confluent's Python client reads from topics of one partition. */
export async function readByPython(topics: readonly TopicSpec[]): Promise<{ key: unknown; value: unknown }[][]> {
  const python = join(VENV, 'bin', 'python');
  if (spawnSync(python, ['-c', 'import confluent_kafka'], { stdio: 'ignore' }).status !== 0) {
    const client = `confluent-kafka[avro,json,protobuf]==${CONFLUENT_VERSION}`;
    execFileSync('python3', ['-m', 'venv', VENV], { stdio: 'inherit' });
    execFileSync(python, ['-m', 'pip', 'install', '-q', client], { stdio: 'inherit' });
  }
  const name = `confluent-kafka ${CONFLUENT_VERSION}`;
  const oracle = { name, command: python, args: [join(SOURCE_FOLDER, 'consume.py')] };
  const lines = await ask(
    oracle,
    topics.map((topic) => JSON.stringify(topic)),
  );
  return lines.map((line) => JSON.parse(line) as { key: unknown; value: unknown }[]);
}
