/** The README's code runs as it stands there, against the embedded broker. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type EmbeddedBroker, startBroker } from '../src/broker/index.ts';

const FOLDER = join('.cache', 'readme');

/** The TypeScript blocks of the README, in order. */
function codeBlocks(): string[] {
  const text = readFileSync('README.md', 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] as string);
}

function run(code: string, name: string, brokers: string): Promise<{ exitCode: number | null; output: string }> {
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, `${name}.mts`);
  writeFileSync(file, code);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', file], {
      env: { ...process.env, BROKERS: brokers },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', reject);
    child.on('close', (exitCode) => {
      resolve({ exitCode, output });
    });
  });
}

describe('README', () => {
  let broker: EmbeddedBroker;
  before(async () => {
    broker = await startBroker({ topics: [{ name: 'orders', partitions: 3 }] });
  });
  after(() => broker.close());

  it('shows three uses', () => {
    assert.equal(codeBlocks().length, 3);
  });

  it('embed: every message of the example is stored', async () => {
    const { exitCode, output } = await run(codeBlocks()[0]!, 'embed', broker.address);
    assert.equal(exitCode, 0, output);
    assert.equal(output.match(/^persisted \d+ \d+$/gm)?.length, 3, output);
    const values = broker.records('orders').map(({ value }) => Buffer.from(value ?? []).toString());
    assert.equal(values.length, 100);
    assert.ok(values.includes('{"order":99}'));
  });

  it('benchmark: both engines frame', async () => {
    const { exitCode, output } = await run(codeBlocks()[1]!, 'benchmark', broker.address);
    assert.equal(exitCode, 0, output);
    assert.match(output, /^wasm framed \d+ MB\/s\ntypescript framed \d+ MB\/s$/m);
  });

  it('pure TypeScript: says so', async () => {
    const { exitCode, output } = await run(codeBlocks()[2]!, 'typescript', broker.address);
    assert.equal(exitCode, 0, output);
    assert.match(output, /^persisted typescript /m);
  });
});
