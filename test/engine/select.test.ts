/** Which engine one gets, and what it says about why; in processes of their own where Node itself has to differ. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { chooseEngine, ENGINE_VARIABLE, openEngine } from '../../src/engine/select.ts';
import { WasmEngine } from '../../src/engine/wasm/engine.ts';
import { openWasmEngine } from '../../src/engine/wasm/open.ts';
import { WASM_BASE64 } from '../../src/engine/wasm/wasm-bytes.generated.ts';

const REPORTER = new URL('./select-child.ts', import.meta.url).pathname;

/** The polynomial of CRC-32C, 0x82f63b78, as the constant it is in the code. */
const POLYNOMIAL_LEB128 = 'f8f6d89778';

interface Report {
  kind?: string;
  reason?: string;
  accumulator?: string;
  batch?: string;
  code?: string;
  message?: string;
}

/** What a process started with these flags and this environment finds. */
function inProcess(flags: string[], choice = '', variable = ''): Report {
  const output = execFileSync(process.execPath, [...flags, '--import', 'tsx', REPORTER, choice], {
    env: { ...process.env, [ENGINE_VARIABLE]: variable, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
  });
  return JSON.parse(output) as Report;
}

function openFrom(bytes: Uint8Array<ArrayBuffer>): (reason: string) => WasmEngine {
  return (reason) => new WasmEngine(new WebAssembly.Module(bytes), reason);
}

describe('the choice of engine', () => {
  it('is WebAssembly wherever it works', () => {
    const report = inProcess([]);
    assert.equal(report.kind, 'wasm');
    assert.equal(report.accumulator, 'wasm');
    assert.match(report.reason!, /^WebAssembly, the faster of the two/);
  });

  it('falls back to TypeScript in a Node without WebAssembly, and says so', () => {
    const report = inProcess(['--jitless']);
    assert.equal(report.kind, 'typescript');
    assert.equal(report.accumulator, 'typescript');
    assert.match(report.reason!, /^TypeScript, because WebAssembly cannot be had: .*--jitless/);
    assert.equal(report.batch, inProcess([]).batch, 'with the same bytes');
  });

  it('fails when WebAssembly is asked for by name and cannot be had', () => {
    for (const report of [inProcess(['--jitless'], 'wasm'), inProcess(['--jitless'], '', 'wasm')]) {
      assert.equal(report.code, 'ERR_ENGINE');
      assert.match(report.message!, /--jitless.*use auto or typescript/);
    }
  });

  it('follows the environment, but the option first', () => {
    assert.equal(inProcess([], '', 'typescript').kind, 'typescript');
    assert.match(inProcess([], 'auto', 'typescript').reason!, /environment variable KAFKA_HOTPATH_ENGINE/);
    assert.equal(chooseEngine('wasm', 'typescript', openWasmEngine).kind, 'wasm');
    assert.equal(chooseEngine('typescript', 'wasm', openWasmEngine).kind, 'typescript');
    assert.equal(chooseEngine(undefined, '', openWasmEngine).kind, 'wasm');
  });

  it('refuses names it does not know', () => {
    const refused = { code: 'ERR_ENGINE', message: /"rust".*auto, wasm or typescript/ };
    assert.throws(() => openEngine('rust' as 'auto'), refused);
    assert.throws(() => chooseEngine('auto', 'rust', openWasmEngine), refused);
  });

  it('falls back when the module is damaged, even if it still runs', () => {
    const bytes = Buffer.from(WASM_BASE64, 'base64');
    const cut = chooseEngine('auto', undefined, openFrom(bytes.subarray(0, 1000)));
    assert.equal(cut.kind, 'typescript');
    assert.match(cut.reason, /WebAssembly cannot be had: .+\.$/);
    const polynomial = bytes.indexOf(Buffer.from(POLYNOMIAL_LEB128, 'hex'));
    assert.ok(polynomial > 0, 'the polynomial is in the code');
    const wrong = Buffer.from(bytes);
    wrong[polynomial + 1] = 0xf5;
    const unchecked = chooseEngine('auto', undefined, openFrom(wrong));
    assert.equal(unchecked.kind, 'typescript');
    assert.match(unchecked.reason, /CRC-32C of 123456789 is/);
  });

  it('falls back when there is no memory to be had', () => {
    const engine = chooseEngine('auto', undefined, () => {
      throw new RangeError('WebAssembly.Memory(): could not allocate memory');
    });
    assert.equal(engine.kind, 'typescript');
    assert.match(engine.reason, /could not allocate memory\.$/);
  });
});
