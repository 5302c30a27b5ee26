/** Secrets that sing: texts that must be in nothing this package shows, in any spelling it could have put them in. */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';

/** Characters that URLs, JSON and forms write otherwise, so that each spelling is a different one. */
export const PASSWORD = 'canary-7f3a+/&"pass';
export const PASSPHRASE = 'canary-9c21 phrase%';
export const CLIENT_SECRET = 'canary-51be=secret;';
/** A JWT in shape; its claims say nothing. */
export const TOKEN = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYW5hcnktdG9rZW4ifQ.Y2FuYXJ5LXNpZ25hdHVyZQ';
const SECRETS = [PASSWORD, PASSPHRASE, CLIENT_SECRET, TOKEN];

/** Every spelling that may be looked for, in lower case where case tells nothing. */
const SPELLINGS: readonly string[] = SECRETS.flatMap((secret) => {
  const bytes = Buffer.from(secret);
  const form = new URLSearchParams([['x', secret]]).toString().slice(2);
  const quoted = JSON.stringify(secret).slice(1, -1);
  return [
    secret,
    form,
    encodeURIComponent(secret),
    quoted,
    bytes.toString('base64').slice(0, -2),
    bytes.toString('hex'),
  ];
});

/** All that can be got out of a value by printing it. */
function shown(value: unknown): string {
  const json = JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner));
  const deep = inspect(value, { depth: Infinity, showHidden: true, getters: true, maxStringLength: null });
  return [deep, json, String(value), value instanceof Error ? value.stack : ''].join('\n');
}

/** @param what names the place in the failure */
export function assertSilent(value: unknown, what: string): void {
  const text = typeof value === 'string' ? value : shown(value);
  for (const spelling of SPELLINGS) assert.ok(!text.includes(spelling), `${what} shows ${spelling}:\n${text}`);
}
