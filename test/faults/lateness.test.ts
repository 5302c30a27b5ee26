/** The judge of O8 holds a drill to the second: what is late is seen, and a process that was held up is not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Mode, MODES, nameOf } from '../support/modes.ts';
import { Drill, statusesOf } from './drill.ts';
import { FastClock, within } from './fast-clock.ts';

const MESSAGE_TIMEOUT_MS = 2_000;

/** Every timer of the producer goes off so much later than asked for, though nothing holds the process up. */
class LateClock extends FastClock {
  readonly #lateMs: number;

  constructor(lateMs: number) {
    super();
    this.#lateMs = lateMs;
  }

  override setTimer(callback: () => void, delayMs: number): unknown {
    return super.setTimer(callback, delayMs + this.#lateMs);
  }
}

/** A message nobody answers for: its report comes by the deadline alone. */
async function unanswered(mode: Mode, clock: FastClock, meanwhile: () => void): Promise<void> {
  const drill = await Drill.open(mode, { clock, properties: { messageTimeoutMs: MESSAGE_TIMEOUT_MS } });
  try {
    await drill.sendWell();
    void drill.broker.control.once('Produce', { mute: true });
    const sending = drill.send();
    await drill.broker.control.waitFor(() => drill.written.length === 2);
    meanwhile();
    assert.deepEqual(statusesOf(await sending), ['possiblyPersisted']);
    await drill.judge();
  } finally {
    await drill.end();
  }
}

function blockFor(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}

for (const mode of MODES) {
  describe(`a report at its deadline, ${nameOf(mode)}`, () => {
    it('is in time', async () => {
      await unanswered(mode, new FastClock(), () => undefined);
    });

    it('is too late when the timer of the producer is, and the drill fails', async () => {
      await assert.rejects(
        unanswered(mode, new LateClock(1_500), () => undefined),
        /O8: \S+ was reported \d+ ms after its deadline/,
      );
    });

    it('is in time when this process does not run at the deadline, nor for seconds after it', async () => {
      await unanswered(mode, new FastClock(), () => {
        blockFor(600);
      });
    });
  });
}

describe('what hangs', () => {
  it('is ended by the time this process had, not by the time that passed', async () => {
    const never = new Promise<void>(() => undefined);
    await assert.rejects(within(50, never), /it hangs: not over after 50 ms/);
    const soon = new Promise<void>((resolve) => {
      setImmediate(() => {
        blockFor(200);
        setImmediate(resolve);
      });
    });
    await within(100, soon);
  });
});
