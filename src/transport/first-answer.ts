/**
 * Asking one after the other until somebody answers. A broker that is only slow, or at the other end of a connection
 * that a cut has left half open, takes its whole time limit to fail; so the next one is asked meanwhile.
 */
import { TransportError } from '../errors.ts';
import type { TransportClock } from './idle-watch.ts';

/** Far more than a broker takes for metadata, and far less than the time limit of a request. */
export const PATIENCE_MS = 1_000;

/** Who answered first and what; undefined when all have failed, each for one of the reasons. */
export interface Outcome<Peer, Answer> {
  first: { peer: Peer; answer: Answer } | undefined;
  failures: TransportError[];
}

/** Takes peers from the generator only as they are needed. Rejects with what is no failure of a single peer. */
export function firstAnswer<Peer, Answer>(
  peers: Iterator<Peer, void>,
  ask: (peer: Peer) => Promise<Answer>,
  clock: TransportClock,
): Promise<Outcome<Peer, Answer>> {
  const failures: TransportError[] = [];
  let underWay = 0;
  let isOver = false;
  let timer: unknown;
  return new Promise((resolve, reject) => {
    /** True for the first that calls it. */
    const end = (): boolean => {
      clock.clearTimer(timer);
      const isFirst = !isOver;
      isOver = true;
      return isFirst;
    };
    const giveUp = (error: unknown): void => {
      if (end()) reject(error instanceof Error ? error : new Error(String(error)));
    };
    const onFailure = (error: unknown): void => {
      underWay -= 1;
      if (isOver) return;
      if (!(error instanceof TransportError) || error.code === 'ERR_SEAM') {
        giveUp(error);
        return;
      }
      failures.push(error);
      askNext();
    };
    /** Also called by a timer, where nobody would catch what it throws. */
    const askNext = (): void => {
      clock.clearTimer(timer);
      try {
        const next = peers.next();
        if (next.done === true) {
          if (underWay === 0 && end()) resolve({ first: undefined, failures });
          return;
        }
        const peer = next.value;
        underWay += 1;
        timer = clock.setTimer(askNext, PATIENCE_MS);
        ask(peer).then((answer) => {
          if (end()) resolve({ first: { peer, answer }, failures });
        }, onFailure);
      } catch (error) {
        giveUp(error);
      }
    };
    askNext();
  });
}
