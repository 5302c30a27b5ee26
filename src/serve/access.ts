/** Who may ask: with a token whoever has it, without one whoever is on this machine and means this server. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isLoopback, type SidecarSettings } from './options.ts';
import { Problem } from './problem.ts';

export type AccessCheck = (request: IncomingMessage) => void;

/** A check that throws Problem 401 or 403. */
export function accessCheck({ token, host }: SidecarSettings): AccessCheck {
  return token === undefined ? hostCheck(host) : tokenCheck(token);
}

function tokenCheck(token: string): AccessCheck {
  const expected = digest(token);
  return ({ headers }) => {
    const given = /^Bearer +([^ ]+) *$/i.exec(headers.authorization ?? '')?.[1];
    // Digests have one length, so the comparison tells nothing about the token's.
    if (given !== undefined && timingSafeEqual(digest(given), expected)) return;
    throw new Problem(401, 'ERR_UNAUTHORIZED', 'a valid bearer token is needed', {
      headers: { 'www-authenticate': 'Bearer realm="kafka-hotpath"' },
      isBodyUnread: true,
    });
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** A page in a browser can reach loopback under a name of its own (DNS rebinding); that name stands in Host. */
function hostCheck(host: string): AccessCheck {
  return ({ headers }) => {
    const name = (headers.host ?? '').replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');
    if (name === host || isLoopback(name.toLowerCase())) return;
    throw new Problem(403, 'ERR_FORBIDDEN', 'without a token only requests to a loopback host are answered', {
      isBodyUnread: true,
    });
  };
}
