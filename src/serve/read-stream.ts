/** The common part of the two streaming forms: pieces in, to the end of the body, a drain or a fault. */
import type { Exchange } from './exchange.ts';
import { draining as drainingProblem, overloaded, Problem } from './problem.ts';
import type { Piece, Splitter } from './splitters.ts';

/** Takes all pieces of a chunk and resolves when more may be read. */
export type TakePieces = (pieces: readonly Piece[]) => Promise<void>;

/**
 * Resolves with why a stream ended before its body did: the shutdown, or what was wrong with it.
 * @throws Problem 429 before anything is read, ClientGone
 */
export async function readStream(
  exchange: Exchange,
  splitter: Splitter,
  take: TakePieces,
): Promise<Problem | undefined> {
  const { service, body } = exchange;
  const { gate, settings, metrics, draining } = service;
  if (gate.isFull) throw overloaded('too many messages wait for their reports');
  try {
    for (;;) {
      const chunk = await body.next(settings.idleTimeoutMs, draining);
      if (chunk === undefined) break;
      metrics.receivedBytes += chunk.length;
      const pieces = splitter.add(chunk);
      await take(pieces);
      if (pieces.at(-1)?.isLast === true) return undefined;
    }
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  if (!body.isEnded) return drainingProblem();
  const last = splitter.end();
  if (last !== undefined) await take([last]);
  return undefined;
}
