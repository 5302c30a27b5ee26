/** The suite once more on a build with the module's own assertions in, compiled here. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { WasmEngine } from '../../src/engine/wasm/engine.ts';
import { conformanceSuite } from './conformance-suite.ts';

const asc = join(dirname(createRequire(import.meta.url).resolve('assemblyscript/package.json')), 'bin/asc.js');

function compileDebug(): WebAssembly.Module {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-hotpath-debug-'));
  try {
    const outFile = join(folder, 'engine.debug.wasm');
    const textFile = join(folder, 'engine.debug.wat');
    execFileSync(process.execPath, [asc, '--target', 'debug', '--outFile', outFile, '--textFile', textFile]);
    return new WebAssembly.Module(readFileSync(outFile));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const debug = compileDebug();

conformanceSuite('WebAssembly engine with assertions', () => new WasmEngine(debug, 'A build for tests.'));
