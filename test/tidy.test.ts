/** The repository keeps its own rules: import directions, sizes, and who may touch the clock or the environment. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { callFindings, cycleFindings, importFindings, ruleFindings, sizeFindings, type Tree } from './support/tidy.ts';
import { SENDER_RULES } from './support/tidy-rules.ts';

const FOLDERS = ['src', 'assembly', 'test', 'bench', 'scripts', 'examples'];

function readTree(): Tree {
  const tree = new Map<string, string>();
  for (const folder of FOLDERS) {
    for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const path = join(folder, entry);
      if (!/\.(ts|mjs|java)$/.test(path) || /\.generated\.ts$|node_modules/.test(path)) continue;
      tree.set(path, readFileSync(path, 'utf8'));
    }
  }
  return tree;
}

function tree(files: Record<string, string>): Tree {
  return new Map(Object.entries(files));
}

/** The one finding expected of a made-up tree. */
function only(findings: string[], expected: RegExp): void {
  assert.equal(findings.length, 1, `expected one finding, got: ${findings.join(' | ')}`);
  assert.match(findings[0]!, expected);
}

describe('the checks themselves', () => {
  it('see an import against the direction', () => {
    only(importFindings(tree({ 'src/producer/a.ts': "import '../binding/b.ts';" })), /producer must not use binding/);
    only(importFindings(tree({ 'src/protocol/a.ts': "export * from '../engine/e.ts';" })), /must not use engine/);
    only(importFindings(tree({ 'src/engine/a.ts': "import type { X } from '../transport/t.ts';" })), /transport/);
    only(
      importFindings(tree({ 'src/broker/a.ts': "import '../engine/typescript/crc32c.ts';" })),
      /must not use engine/,
    );
    only(importFindings(tree({ 'src/new/a.ts': "import '../errors.ts';" })), /no import rule/);
    only(importFindings(tree({ 'src/engine/a.ts': "await import('../../test/t.ts');" })), /outside src/);
    only(importFindings(tree({ 'assembly/a.ts': "import { x } from '../src/engine/layout';" })), /assembly must not/);
  });

  it('let an import along the direction pass', () => {
    const downward = tree({
      'src/binding/a.ts': "import '../producer/p.ts'; import '../transport/kafkajs.ts'; import './b.ts';",
      'src/broker/a.ts': "import '../protocol/m.ts'; import '../errors.ts';",
      'src/cli/produce.ts': "import '../binding/a.ts'; import '../broker/a.ts';",
      'assembly/a.ts': "import { x } from './layout';",
      'test/a.ts': "import '../src/cli/main.ts'; import kafkajs from 'kafkajs';",
    });
    assert.deepEqual(importFindings(downward), []);
  });

  it('see a package away from its home', () => {
    only(importFindings(tree({ 'src/producer/a.ts': "import { Kafka } from 'kafkajs';" })), /kafkajs/);
    only(
      importFindings(tree({ 'src/transport/b.ts': "import C from 'kafkajs/src/network/connection.js';" })),
      /kafkajs/,
    );
    only(importFindings(tree({ 'src/engine/a.ts': "import avro from 'avsc';" })), /avsc/);
    only(importFindings(tree({ 'src/engine/a.ts': "import l from '@assemblyscript/loader';" })), /loader/);
    only(importFindings(tree({ 'assembly/a.ts': "import x from 'as-thing';" })), /nothing outside/);
    assert.deepEqual(importFindings(tree({ 'src/transport/kafkajs-seam.ts': "import 'kafkajs';" })), []);
  });

  it('see a cycle', () => {
    const three = { 'src/a.ts': "import './b.ts';", 'src/b.ts': "import './c.ts';", 'src/c.ts': "import './a.ts';" };
    only(cycleFindings(tree(three)), /a\.ts → src\/b\.ts → src\/c\.ts → src\/a\.ts/);
    assert.deepEqual(cycleFindings(tree({ ...three, 'src/c.ts': '' })), []);
  });

  it('see what is too long, and notes to self', () => {
    const body = (lines: number): string => `function f() {\n${'  g();\n'.repeat(lines - 2)}}\n`;
    only(sizeFindings(tree({ 'src/a.ts': body(71) })), /function of 71 lines/);
    assert.deepEqual(sizeFindings(tree({ 'src/a.ts': body(70) })), []);
    only(sizeFindings(tree({ 'src/a.ts': 'g();\n'.repeat(401) })), /401 lines/);
    assert.deepEqual(sizeFindings(tree({ 'src/a.ts': 'g();\n'.repeat(400) })), []);
    only(sizeFindings(tree({ 'src/a.ts': `// ${'x'.repeat(118)}\n` })), /121 characters/);
    only(sizeFindings(tree({ 'src/a.ts': ['// TO', 'DO: later\n'].join('') })), /note to self/);
  });

  it('see a rule of the sender that no line keeps, and one that is none', () => {
    const line = (rule: string): string => `f(); // ${rule}: kept here.\n`;
    const kept = SENDER_RULES.map(line).join('');
    assert.deepEqual(ruleFindings(tree({ 'src/producer/a.ts': kept })), []);
    const others = kept.replace(line('R16'), '');
    only(ruleFindings(tree({ 'src/producer/a.ts': others })), /keep R16/);
    only(ruleFindings(tree({ 'src/producer/a.ts': `/** Keeps R16. */\n${others}` })), /keep R16/);
    only(ruleFindings(tree({ 'src/producer/a.ts': `f();\n/** R10–R16 */\n${others}` })), /keep R16/);
    only(ruleFindings(tree({ 'src/producer/a.ts': others, 'src/broker/a.ts': line('R16') })), /keep R16/);
    assert.deepEqual(ruleFindings(tree({ 'src/producer/a.ts': others, 'src/transport/a.ts': line('R16') })), []);
    only(ruleFindings(tree({ 'src/producer/a.ts': kept + line('R19') })), /R19, which is no rule/);
  });

  it('see the clock, chance, the environment, the console and WebAssembly where they do not belong', () => {
    only(callFindings(tree({ 'src/producer/a.ts': 'const t = Date.now();' })), /Date\.now/);
    only(callFindings(tree({ 'src/producer/a.ts': 'const t = new Date();' })), /Date/);
    only(callFindings(tree({ 'src/producer/a.ts': 'setTimeout(f, 1);' })), /setTimeout/);
    only(callFindings(tree({ 'src/producer/a.ts': 'const r = Math.random() * 2;' })), /Math\.random/);
    only(callFindings(tree({ 'src/transport/a.ts': "const e = process.env['X'];" })), /process\.env/);
    only(callFindings(tree({ 'src/binding/a.ts': "console.log('x');" })), /console\.log/);
    only(callFindings(tree({ 'src/engine/a.ts': 'new WebAssembly.Module(b);' })), /WebAssembly/);
    const fine = tree({
      'src/producer/clock.ts': 'setTimeout(f, Date.now() * Math.random());',
      'src/producer/a.ts': '// Date.now() is not for us\nconst t = clock.setTimeout(f); Math.max(1, 2);',
      'src/engine/select.ts': "const e = process.env['X'];",
      'src/engine/wasm/a.ts': 'new WebAssembly.Module(b);',
      'scripts/a.ts': 'console.log(Date.now());',
    });
    assert.deepEqual(callFindings(fine), []);
  });
});

describe('this repository', () => {
  const repository = readTree();

  it('has files to look at', () => {
    assert.ok(repository.has('src/errors.ts') && repository.has('test/tidy.test.ts'));
  });

  it('imports in one direction only', () => {
    assert.deepEqual(importFindings(repository), []);
  });

  it('has no import cycle', () => {
    assert.deepEqual(cycleFindings(repository), []);
  });

  it('keeps lines, files and functions short', () => {
    assert.deepEqual(sizeFindings(repository), []);
  });

  it('names every rule of the sender beside the line that keeps it', () => {
    assert.deepEqual(ruleFindings(repository), []);
  });

  it('touches time, chance, environment, console and WebAssembly only where it may', () => {
    assert.deepEqual(callFindings(repository), []);
  });
});
