/** The documents: their table is up to date, their code runs as it stands there, their words are ours. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { AZURE_QUIRKS } from '../../src/binding/payload.ts';
import { type EmbeddedBroker, startBroker } from '../../src/broker/index.ts';
import { ENDINGS } from '../../src/cli/check-endings.ts';
import { withPropertyTable } from '../../scripts/property-table.ts';

const QUIRKS_TOLD = ['binding', 'migrating-from-azure'] as const;
const DOCUMENTS = [...QUIRKS_TOLD, 'avro'] as const;
/** Where the package's own name is known to the loader. */
const FOLDER = join('.cache', 'docs');

function read(name: string): string {
  return readFileSync(`docs/${name}.md`, 'utf8');
}

/** What each block of code prints; the order is that of the document. */
const PRINTS: Readonly<Record<(typeof DOCUMENTS)[number], readonly RegExp[]>> = {
  binding: [
    /^persisted 0 0\npersisted 0 1\n$/,
    /^(topic true plain \[redacted\]\n){2}$/,
    /^key\n$/,
    /^(persisted\n){4}message 4 \(\$\.amount\): got a BigInt, .*\n$/,
    /^$/,
  ],
  avro: [/^(persisted\n){3}message 3 \(\$\.lines\[1\]\): got a string of 3 characters; allowed: a number\n$/],
  'migrating-from-azure': [/^2 messages are in Kafka\n$/, /^2\n$/],
};

async function run(code: string, name: string, brokers: string): Promise<string> {
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, `${name}.mts`);
  writeFileSync(file, code);
  const child = spawn(process.execPath, ['--import', 'tsx', file], { env: { ...process.env, BROKERS: brokers } });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const exitCode = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  assert.equal(exitCode, 0, stderr);
  return stdout;
}

describe('docs/binding.md', () => {
  it('has the table of properties as it is (node --import tsx scripts/property-table.ts)', () => {
    assert.equal(read('binding'), withPropertyTable(read('binding')));
  });

  it('tells every ending of check, and its exit code', () => {
    const rows = [...read('binding').matchAll(/^\| `(\w+)` \| (\d) \| /gm)].map(([, name, code]) => [
      name,
      Number(code),
    ]);
    assert.deepEqual(
      Object.fromEntries(rows),
      Object.fromEntries(Object.entries(ENDINGS).map(([name, { exitCode }]) => [name, exitCode])),
    );
  });

  it('tells every quirk', () => {
    for (const name of QUIRKS_TOLD) {
      for (const quirk of AZURE_QUIRKS)
        assert.ok(read(name).includes(`\`${quirk}\``) || read(name).includes(`'${quirk}'`), quirk);
    }
  });
});

describe('docs/protobuf-and-json.md', () => {
  it('has the code of the examples, which test/cli/examples.test.ts runs', () => {
    const blocks = [...read('protobuf-and-json').matchAll(/^```ts\n([^]*?)^```$/gm)].map((match) => match[1]);
    const files = ['protobuf', 'json-schema'].map((name) => readFileSync(`examples/schemas/${name}.ts`, 'utf8'));
    assert.deepEqual(
      blocks,
      files.map((text) => text.replace(/^\/\*\*[^]*?\*\/\n/, '')),
    );
  });
});

for (const name of DOCUMENTS) {
  describe(`the code of docs/${name}.md`, { concurrency: 2 }, () => {
    const blocks = [...read(name).matchAll(/^```ts\n([^]*?)^```$/gm)].map((match) => match[1]!);
    const brokers: EmbeddedBroker[] = [];
    before(async () => {
      while (brokers.length < blocks.length) brokers.push(await startBroker({ topics: [{ name: 'orders' }] }));
    });
    after(async () => {
      for (const broker of brokers) await broker.close();
    });

    it('is all there', () => {
      assert.equal(blocks.length, PRINTS[name].length);
    });

    blocks.forEach((code, index) => {
      it(`runs: block ${index + 1}`, async () => {
        const broker = brokers[index]!;
        assert.match(await run(code, `${name}-${index}`, broker.address), PRINTS[name][index]!);
      });
    });

    it('leads to files that are there', () => {
      for (const [, path = ''] of read(name).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
        assert.ok(existsSync(join('docs', path)), path);
      }
    });
  });
}
