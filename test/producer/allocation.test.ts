/** What the pipeline leaves to the garbage collector, from `send(array)` to the report; caller's values not counted. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';

const CHILD = new URL('./allocation-child.ts', import.meta.url).pathname;
const FLAGS = ['--expose-gc', '--min-semi-space-size=512', '--max-semi-space-size=512', '--import', 'tsx'];

const VALUE_BYTES_MAX = 40;

describe('a message of 100 bytes in an array send', () => {
  it('leaves next to nothing on the heap', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [...FLAGS, CHILD, 'wasm']);
    const { texts, buffers } = JSON.parse(stdout) as { texts: number; buffers: number };
    assert.ok(buffers > 0 && buffers < VALUE_BYTES_MAX, `${buffers} bytes per message, values as buffers`);
    assert.ok(texts > 0 && texts < VALUE_BYTES_MAX, `${texts} bytes per message, values as texts`);
  });
});
