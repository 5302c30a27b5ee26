/** An hour without brokers costs bounded memory: the queue fills, and from then on nothing grows, in either engine. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';

const CHILD = new URL('./outage-child.ts', import.meta.url).pathname;

/** Far less than the two megabytes of values that are queued, and than what an hour of them would be. */
const GROWTH_BYTES_MAX = 2 ** 20;

interface InUse {
  heapBytes: number;
  outsideBytes: number;
  queuedMessages: number;
}

describe('an hour without an answer', { concurrency: true }, () => {
  for (const engine of ['wasm', 'typescript']) {
    it(`leaves heap and memory outside of it as they were after ten minutes (${engine})`, async () => {
      const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--import', 'tsx', CHILD, engine]);
      for (const parts of JSON.parse(stdout) as InUse[][]) {
        const [first, ...later] = parts as [InUse, ...InUse[]];
        assert.equal(later.length, 5);
        assert.ok(first.queuedMessages > 1_500, `${first.queuedMessages} messages are queued`);
        for (const { heapBytes, outsideBytes } of later) {
          assert.ok(heapBytes - first.heapBytes < GROWTH_BYTES_MAX, `heap: ${first.heapBytes} to ${heapBytes}`);
          assert.ok(outsideBytes - first.outsideBytes < GROWTH_BYTES_MAX, `outside: ${JSON.stringify(parts)}`);
        }
      }
    });
  }
});
