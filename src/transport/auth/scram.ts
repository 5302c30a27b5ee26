/**
 * The client's half of SCRAM (RFC 5802) with SHA-256 or SHA-512 (RFC 7677), strict where kafkajs is not: a broker gets
 * no proof before its message is in order, and is believed only once it has shown that it knows the password, too.
 *
 *   client first  n,,n=user,r=client-nonce
 *   server first  r=client-nonce server-nonce,s=base64 salt,i=iterations
 *   client final  c=biws,r=both nonces,p=base64 proof
 *   server final  v=base64 server signature   |   e=reason
 */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { AuthFailure, type Mechanism } from './mechanism.ts';
import type { PasswordCredentials } from './plain.ts';

export type ScramHash = 'sha256' | 'sha512';

/** RFC 7677, and Kafka's minimum. With fewer, a stolen proof is too cheap to try passwords on. */
export const ITERATIONS_MIN = 4096;
/** As librdkafka; Kafka stores at most 16 384. Two milliards would keep a thread busy for half an hour. */
export const ITERATIONS_MAX = 1_000_000;

const HASH_BYTES: Readonly<Record<ScramHash, number>> = { sha256: 32, sha512: 64 };
/** "n,," in base64: no channel binding. */
const NO_CHANNEL_BINDING = 'biws';
const NONCE_BYTES = 24;
/** Kafka's messages have some 150 characters. */
const MESSAGE_LENGTH_MAX = 4096;
/** Printable ASCII but the comma (RFC 5802, "printable"). */
const SERVER_FIRST = /^r=([!-+\--~]+),s=([A-Za-z0-9+/]+={0,2}),i=([1-9][0-9]{0,9})(?:,[a-zA-Z]=[^,]*)*$/;
const SERVER_FINAL = /^v=([A-Za-z0-9+/]+={0,2})(?:,[a-zA-Z]=[^,]*)*$/;

const derive = promisify(pbkdf2);

interface ServerFirst {
  text: string;
  nonce: string;
  salt: Buffer;
  iterations: number;
}

/** @param makeNonce for tests that compare with published vectors */
export function scram(
  hash: ScramHash,
  credentials: PasswordCredentials,
  makeNonce: () => string = () => randomBytes(NONCE_BYTES).toString('base64url'),
): Mechanism {
  const { username, password } = credentials;
  return {
    name: hash === 'sha256' ? 'SCRAM-SHA-256' : 'SCRAM-SHA-512',
    who: `user "${username}"`,
    secrets: () => [password],
    async login({ send }) {
      const nonce = makeNonce();
      const firstBare = `n=${escapeName(username)},r=${nonce}`;
      const first = parseServerFirst(await send(Buffer.from(`n,,${firstBare}`)), nonce);
      const withoutProof = `c=${NO_CHANNEL_BINDING},r=${first.nonce}`;
      const authMessage = `${firstBare},${first.text},${withoutProof}`;
      // Kafka's brokers take the password as it is, so it is not prepared by SASLprep here either.
      const salted = await derive(password, first.salt, first.iterations, HASH_BYTES[hash], hash);
      const proof = clientProof(hash, salted, authMessage);
      const final = await send(Buffer.from(`${withoutProof},p=${proof.toString('base64')}`));
      checkServerFinal(final, hmac(hash, hmac(hash, salted, 'Server Key'), authMessage));
    },
  };
}

function escapeName(username: string): string {
  return username.replaceAll('=', '=3D').replaceAll(',', '=2C');
}

function parseServerFirst(token: Buffer, clientNonce: string): ServerFirst {
  const text = textOf(token);
  const [, nonce, salt, iterationsText] = SERVER_FIRST.exec(text) ?? [];
  // Base64 comes in fours; Node would make something of any text.
  if (nonce === undefined || salt === undefined || iterationsText === undefined || salt.length % 4 !== 0) {
    throw untrusted('its first SCRAM message is malformed');
  }
  if (!nonce.startsWith(clientNonce)) throw untrusted('its nonce does not begin with ours');
  if (nonce.length === clientNonce.length) throw untrusted('it added nothing to our nonce');
  const iterations = Number(iterationsText);
  if (iterations < ITERATIONS_MIN || iterations > ITERATIONS_MAX) {
    throw untrusted(`it asks for ${iterations} iterations; allowed: ${ITERATIONS_MIN} to ${ITERATIONS_MAX}`);
  }
  return { text, nonce, salt: Buffer.from(salt, 'base64'), iterations };
}

function clientProof(hash: ScramHash, salted: Buffer, authMessage: string): Buffer {
  const clientKey = hmac(hash, salted, 'Client Key');
  const storedKey = createHash(hash).update(clientKey).digest();
  const signature = hmac(hash, storedKey, authMessage);
  return Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)));
}

function checkServerFinal(token: Buffer, expected: Buffer): void {
  const text = textOf(token);
  // The reason is the broker's own text, of any kind: it is not repeated.
  if (text.startsWith('e=')) {
    throw new AuthFailure('the broker ended the SCRAM dialogue with an error; check username and password', {
      code: 'ERR_AUTH',
    });
  }
  const [, signatureText] = SERVER_FINAL.exec(text) ?? [];
  if (signatureText === undefined) throw untrusted('its last SCRAM message is malformed');
  const signature = Buffer.from(signatureText, 'base64');
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
    throw untrusted('its signature is wrong: it does not know the password');
  }
}

function textOf(token: Buffer): string {
  if (token.length > MESSAGE_LENGTH_MAX) {
    throw untrusted(`a SCRAM message of ${token.length} bytes; allowed: ${MESSAGE_LENGTH_MAX}`);
  }
  return token.toString('latin1');
}

function hmac(hash: ScramHash, key: Buffer, text: string): Buffer {
  return createHmac(hash, key).update(text).digest();
}

function untrusted(problem: string): AuthFailure {
  return new AuthFailure(`the broker cannot be trusted: ${problem}; check that brokerList names your brokers`, {
    code: 'ERR_AUTH_SERVER',
  });
}
