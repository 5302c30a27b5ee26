/**
 * The package as a stranger gets it: packed, installed into an empty folder, imported, type-checked, run. Needs the
 * registry for the dependencies, and a build (`npm run test:package` makes one).
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const REPOSITORY = resolve('.');

/** What the tarball may weigh; a doubled engine or a stray test file shows up here. */
const PACKED_BYTES_MAX = 1_150_000;
const UNPACKED_BYTES_MAX = 4_800_000;

/** Everything that may be in it, and nothing else. */
const EXPECTED_FILES = [
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/,
  /^dist\/engine\.wasm$/,
  /^dist\/.+\.(js|d\.ts)(\.map)?$/,
  /^src\/.+\.ts$/,
  /^assembly\/([\w-]+\.ts|tsconfig\.json)$/,
];

interface PackedFile {
  filename: string;
  size: number;
  unpackedSize: number;
  files: { path: string; mode: number }[];
}

interface Outcome {
  status: number;
  stdout: string;
  stderr: string;
}

describe('the package', () => {
  let folder: string;
  let packed: PackedFile;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kafka-hotpath-package-'));
    const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]);
    [packed] = JSON.parse(stdout) as [PackedFile];
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
    const options = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
    await run('npm', ['install', ...options, `./${packed.filename}`], { cwd: folder });
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a program in the folder; an exit code is an answer, not an error. */
  async function attempt(program: string, options: readonly string[], input = ''): Promise<Outcome> {
    return new Promise((settle) => {
      const child = execFile(program, options, { cwd: folder }, (error, stdout, stderr) => {
        settle({ status: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
      });
      child.stdin?.end(input);
    });
  }

  async function script(source: string, ...flags: string[]): Promise<string> {
    const outcome = await attempt('node', [...flags, '--input-type=module', '-e', source]);
    assert.equal(outcome.status, 0, outcome.stderr);
    return outcome.stdout.trim();
  }

  it('holds the files it should and no others, within its size budget', () => {
    const stray = packed.files.filter(({ path }) => !EXPECTED_FILES.some((expected) => expected.test(path)));
    assert.deepEqual(
      stray.map(({ path }) => path),
      [],
    );
    assert.ok(packed.size <= PACKED_BYTES_MAX, `${packed.size} bytes packed, at most ${PACKED_BYTES_MAX}`);
    assert.ok(packed.unpackedSize <= UNPACKED_BYTES_MAX, `${packed.unpackedSize} bytes, at most ${UNPACKED_BYTES_MAX}`);
  });

  it('brings no install script and few dependencies', () => {
    const installed = readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'));
    assert.deepEqual(installed.sort(), ['@assemblyscript', 'commander', 'kafka-hotpath', 'kafkajs']);
    const manifest = readFileSync(join(folder, 'node_modules', 'kafka-hotpath', 'package.json'), 'utf8');
    assert.doesNotMatch(manifest, /"(pre|post)?install"/);
  });

  it('can be imported by every public name', async () => {
    const source = `
      const binding = await import('kafka-hotpath');
      const engine = await import('kafka-hotpath/engine');
      const broker = await import('kafka-hotpath/broker');
      console.log(typeof binding.openKafkaOutput, typeof engine.openEngine, Object.keys(broker).length > 0);`;
    assert.equal(await script(source), 'function function true');
  });

  it('can be required, because it has no top-level await', async () => {
    const outcome = await attempt('node', ['-p', "typeof require('kafka-hotpath').openKafkaOutput"]);
    assert.equal(outcome.stdout.trim(), 'function', outcome.stderr);
  });

  it('exposes nothing but its public names', async () => {
    const outcome = await attempt('node', ['--input-type=module', '-e', "import 'kafka-hotpath/dist/index.js'"]);
    assert.match(outcome.stderr, /ERR_PACKAGE_PATH_NOT_EXPORTED/);
  });

  it('brings types that a strict consumer can use', async () => {
    writeFileSync(
      join(folder, 'consumer.ts'),
      `import { openKafkaOutput } from 'kafka-hotpath';
      import { openEngine, readRecordBatches } from 'kafka-hotpath/engine';
      import 'kafka-hotpath/broker';
      const output = await openKafkaOutput({ brokerList: 'localhost:9092', topic: 'orders' });
      for (const report of await output.send(['one', new Uint8Array(3), { a: 1 }])) {
        const status: 'persisted' | 'notPersisted' | 'possiblyPersisted' = report.status;
        console.log(status, report.partition, report.offset);
      }
      await output.close();
      const bytes: Uint8Array = openEngine('auto').encodeRecordBatch([{ key: 'k', value: null }]);
      console.log(readRecordBatches(bytes).length);
      // @ts-expect-error an engine of that name does not exist
      openEngine('fast');\n`,
    );
    // Node's own types are the consumer's to bring; ours must not need more than those.
    symlinkSync(join(REPOSITORY, 'node_modules', '@types'), join(folder, 'node_modules', '@types'));
    symlinkSync(join(REPOSITORY, 'node_modules', 'undici-types'), join(folder, 'node_modules', 'undici-types'));
    const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];
    const target = [
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--lib',
      'es2023,esnext.disposable',
      '--types',
      'node',
    ];
    const compiler = join(REPOSITORY, 'node_modules', 'typescript', 'bin', 'tsc');
    const outcome = await attempt('node', [compiler, ...strict, ...target, 'consumer.ts']);
    assert.equal(outcome.stdout, '');
    assert.equal(outcome.status, 0);
  });

  it('has a command line: frame, and inspect what was framed', async () => {
    const version = await attempt('npx', ['--no', '--', 'kafka-hotpath', '--version']);
    const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    assert.equal(version.stdout.trim(), manifest.version, version.stderr);
    const record = '{"key":"6b","value":null,"headers":[["h","00ff"]],"timestamp":1700000000000}\n';
    const framed = await attempt('npx', ['--no', '--', 'kafka-hotpath', 'frame'], record);
    assert.equal(framed.status, 0, framed.stderr);
    assert.match(framed.stdout, /^[0-9a-f]{140,}\n$/);
    const inspected = await attempt('npx', ['--no', '--', 'kafka-hotpath', 'inspect', '--json'], framed.stdout);
    assert.equal(inspected.status, 0, inspected.stderr);
    assert.match(inspected.stdout, /1700000000000/);
  });

  it('falls back to TypeScript where there is no WebAssembly, says why, and makes the same bytes', async () => {
    const source = `
      import { openEngine } from 'kafka-hotpath/engine';
      const engine = openEngine('auto');
      const bytes = engine.encodeRecordBatch([{ key: 'k', value: 'wäert', timestamp: 5 }]);
      const hex = Buffer.from(bytes).toString('hex');
      console.log(JSON.stringify({ kind: engine.kind, reason: engine.reason, hex }));`;
    const usual = JSON.parse(await script(source)) as Record<string, string>;
    const jitless = JSON.parse(await script(source, '--jitless')) as Record<string, string>;
    assert.equal(usual['kind'], 'wasm');
    assert.equal(jitless['kind'], 'typescript');
    assert.match(jitless['reason'] ?? '', /WebAssembly/);
    assert.equal(jitless['hex'], usual['hex']);
  });
});
