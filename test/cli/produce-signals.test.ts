/** F60: a signal comes while messages are queued; what was taken has its report before the process ends. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type EmbeddedBroker, startBroker } from '../../src/broker/index.ts';
import { gate } from '../faults/drill.ts';
import { MODES, nameOf, type Mode } from '../support/modes.ts';
import { finish, Folder, jsonLines, type RunResult, start } from './run.ts';

const MESSAGES = 10_000;
const LINES = Array.from({ length: MESSAGES }, (_, i) => `"queued ${i}"`);

let broker: EmbeddedBroker;
let topicCount = 0;
const folder = new Folder();

before(async () => {
  broker = await startBroker();
});
after(async () => {
  await broker.close();
  folder.remove();
});

/** Sends the lines to a broker that answers nothing until the signal has been sent. */
async function interrupt(
  { engine, idempotent }: Mode,
  args: readonly string[],
  answered: 'later' | 'never',
): Promise<{ ended: RunResult; stored: string[] }> {
  const topic = `queued-${topicCount++}`;
  broker.createTopic({ name: topic, partitions: 1 });
  const binding = folder.file(`${topic}.json`, {
    type: 'kafka',
    brokerList: broker.address,
    topic,
    enableIdempotence: idempotent,
  });
  const { opened: arrived, open: arrive } = gate();
  const { opened: signalled, open: release } = gate();
  const stop = broker.control.onRequest(({ produce }) => {
    if (produce?.topics.some((sent) => sent.topic === topic) !== true) return undefined;
    arrive();
    return answered === 'later' ? { delayUntil: signalled } : { mute: true };
  });
  const child = start(['produce', '--binding', binding, '--engine', engine, '--json', ...args]);
  const ending = finish(child);
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${LINES.join('\n')}\n`);
  await arrived;
  child.kill('SIGTERM');
  release();
  const ended = await ending;
  stop();
  const stored = broker.records(topic).map(({ value }) => Buffer.from(value ?? []).toString());
  return { ended, stored };
}

function reportsOf({ stdout }: RunResult): { statuses: string[]; summary: Record<string, unknown> } {
  const lines = jsonLines(stdout);
  const { summary } = lines.pop() as { summary: Record<string, unknown> };
  return { statuses: lines.map(({ status }) => String(status)), summary };
}

describe('F60 SIGTERM with messages queued: what was taken is flushed, in order', { concurrency: 2 }, () => {
  for (const mode of MODES) {
    it(nameOf(mode), async () => {
      const { ended, stored } = await interrupt(mode, [], 'later');
      assert.equal(ended.code, 130, ended.stderr);
      const { statuses, summary } = reportsOf(ended);
      assert.ok(statuses.length > 1, `${statuses.length} messages were taken`);
      assert.ok(statuses.every((status) => status === 'persisted'));
      assert.deepEqual(
        stored,
        LINES.slice(0, statuses.length).map((line) => JSON.parse(line) as string),
      );
      assert.equal(summary['messages'], statuses.length);
      assert.equal(summary['persisted'], statuses.length);
    });
  }
});

describe('F60 SIGTERM during an outage: a report for each message at the flush timeout', { concurrency: 2 }, () => {
  for (const mode of MODES) {
    it(nameOf(mode), async () => {
      const { ended, stored } = await interrupt(mode, ['--flush-timeout-ms', '50'], 'never');
      assert.equal(ended.code, 130, ended.stderr);
      const { statuses, summary } = reportsOf(ended);
      assert.ok(statuses.length > 1 && statuses.includes('possiblyPersisted'));
      assert.ok(!statuses.includes('persisted'));
      assert.equal(summary['messages'], statuses.length);
      // What may be there is told as such, and nothing else is there.
      const unclear = statuses.filter((status) => status === 'possiblyPersisted').length;
      assert.equal(summary['possiblyPersisted'], unclear);
      assert.ok(stored.length <= unclear, `${stored.length} stored, ${unclear} unclear`);
    });
  }
});
