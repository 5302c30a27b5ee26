/** The example of docs/testing-with-the-embedded-broker.md runs as it is written. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

const PLACES: readonly [RegExp, string][] = [
  [/'kafka-hotpath\/broker'/, "'./src/broker/index.ts'"],
  [/'kafka-hotpath'/, "'./src/index.ts'"],
];

describe('the documented example of the embedded broker', () => {
  it('runs', async () => {
    const text = readFileSync('docs/testing-with-the-embedded-broker.md', 'utf8');
    let [, source = ''] = /```ts\n([\s\S]*?)```/.exec(text) ?? [];
    for (const [name, path] of PLACES) source = source.replace(name, path);
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', source], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const status = await new Promise((resolve) => child.once('close', resolve));
    assert.equal(status, 0);
  });

  it('names every method of the control', () => {
    const text = readFileSync('docs/testing-with-the-embedded-broker.md', 'utf8');
    const source = readFileSync('src/broker/control.ts', 'utf8');
    for (const [, name = ''] of source.matchAll(/^ {2}(?:async )?([a-z]\w+)\(/gm)) {
      if (['constructor', 'decide'].includes(name)) continue;
      assert.ok(text.includes(name), `${name} is not documented`);
    }
  });
});
