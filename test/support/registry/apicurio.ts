/** Apicurio Registry, a real one: by Maven into .cache, in memory, ready when it says so in its log. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { installKafka } from '../kafka/install.ts';
import { freePorts } from '../kafka/ports.ts';

const VERSION = '2.6.13.Final';
const FOLDER = resolve('.cache', `apicurio-${VERSION}`);
const MAIN = 'io.quarkus.runner.GeneratedMain';
const STARTED = 'Listening on:';
const PORT_TAKEN = 'already bound';
const START_ATTEMPTS_MAX = 5;

/** Fetches it when it is not there yet, and gives the path of its jar. */
function install(): string {
  if (!existsSync(FOLDER)) {
    mkdirSync(resolve('.cache'), { recursive: true });
    const partial = mkdtempSync(`${FOLDER}.partial-`);
    try {
      const artifact = `-Dartifact=io.apicurio:apicurio-registry-app:${VERSION}:tar.gz:all`;
      const options = ['-Dmdep.useBaseVersion=true', `-DoutputDirectory=${partial}`];
      const get = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:';
      execFileSync('mvn', ['-q', '-B', `${get}get`, artifact, '-Dtransitive=false'], { stdio: 'inherit' });
      execFileSync('mvn', ['-q', '-B', `${get}copy`, artifact, ...options], { stdio: 'inherit' });
      const archive = readdirSync(partial).find((name) => name.endsWith('.tar.gz')) ?? '';
      execFileSync('tar', ['xzf', archive], { cwd: partial });
      rmSync(join(partial, archive));
      if (!existsSync(FOLDER)) renameSync(partial, FOLDER);
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
  }
  const jar = readdirSync(FOLDER).find((name) => name.endsWith('-runner.jar'));
  if (jar === undefined) throw new Error(`${FOLDER} has no -runner.jar`);
  return join(FOLDER, jar);
}

export class Apicurio {
  readonly #child: ChildProcess;
  /** Of its Confluent-compatible API. */
  readonly url: string;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  }

  static async start(): Promise<Apicurio> {
    const jar = install();
    // The folder of Guard, which ends it with this process.
    const [classes = ''] = installKafka().split(delimiter);
    for (let attempt = 1; ; attempt++) {
      const [port = 0] = await freePorts(1);
      const flags = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx384m'];
      const http = ['-Dquarkus.http.host=127.0.0.1', `-Dquarkus.http.port=${port}`];
      const classPath = [classes, jar].join(delimiter);
      const child = spawn('java', [...flags, ...http, '-cp', classPath, 'Guard', MAIN], { stdio: 'pipe' });
      try {
        await started(child);
        return new Apicurio(child, port);
      } catch (error) {
        if (attempt === START_ATTEMPTS_MAX || !String(error).includes(PORT_TAKEN)) throw error;
      }
    }
  }

  /** The id under which it keeps the schema from now on; AVRO unless told otherwise. */
  async register(subject: string, schema: string, schemaType?: string): Promise<number> {
    const response = await fetch(`${this.url}/subjects/${subject}/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schema, schemaType }),
    });
    const answer = await response.text();
    assert.equal(response.status, 200, answer);
    return (JSON.parse(answer) as { id: number }).id;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise<void>((settle) => {
      this.#child.once('exit', () => {
        settle();
      });
    });
    this.#child.kill('SIGKILL');
    await ended;
  }
}

function started(child: ChildProcess): Promise<void> {
  const log: string[] = [];
  return new Promise<void>((settle, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        log.push(line);
        if (log.length > 50) log.shift();
        if (line.includes(STARTED)) settle();
      });
    }
    child.once('error', reject);
    child.once('close', (status) => {
      reject(new Error(`Apicurio ended with ${status ?? 'a signal'} before it had started:\n${log.join('\n')}`));
    });
  });
}
