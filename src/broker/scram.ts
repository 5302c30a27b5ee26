/**
 * The server's half of SCRAM (RFC 5802) with SHA-256 or SHA-512 (RFC 7677).
 *
 *   client first  n,,n=user,r=client-nonce
 *   server first  r=client-nonce server-nonce,s=base64 salt,i=iterations
 *   client final  c=biws,r=both nonces,p=base64 proof
 *   server final  v=base64 server signature
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

/** Kafka's minimum and default. */
const ITERATIONS = 4096;

/** "n,," in base64: no channel binding. */
const NO_CHANNEL_BINDING = 'biws';

export type ScramHash = 'sha256' | 'sha512';

export type ScramStep = { reply: string } | { failure: string };

export class ScramServer {
  readonly #hash: ScramHash;
  readonly #passwords: ReadonlyMap<string, string>;
  #user = '';
  #clientFirstBare = '';
  #serverFirst = '';
  #nonce = '';
  #salt: Buffer = Buffer.alloc(0);

  constructor(hash: ScramHash, passwords: ReadonlyMap<string, string>) {
    this.#hash = hash;
    this.#passwords = passwords;
  }

  /** Kafka, too, tells an unknown user apart only at the end. */
  first(clientFirst: string): ScramStep {
    const match = /^n,(?:a=[^,]*)?,(n=([^,]+),r=([!-+\--~]+)(?:,.*)?)$/.exec(clientFirst);
    const [, bare, user, clientNonce] = match ?? [];
    if (bare === undefined || user === undefined || clientNonce === undefined) {
      return { failure: 'the first SCRAM message is malformed' };
    }
    this.#user = user.replaceAll('=2C', ',').replaceAll('=3D', '=');
    this.#clientFirstBare = bare;
    this.#nonce = clientNonce + randomBytes(18).toString('base64');
    this.#salt = randomBytes(16);
    this.#serverFirst = `r=${this.#nonce},s=${this.#salt.toString('base64')},i=${ITERATIONS}`;
    return { reply: this.#serverFirst };
  }

  final(clientFinal: string): ScramStep {
    const match = /^(c=([^,]+),r=([^,]+)),p=([A-Za-z0-9+/=]+)$/.exec(clientFinal);
    const [, withoutProof, binding, nonce, proofText] = match ?? [];
    if (withoutProof === undefined || proofText === undefined)
      return { failure: 'the final SCRAM message is malformed' };
    const password = this.#passwords.get(this.#user);
    if (binding !== NO_CHANNEL_BINDING || nonce !== this.#nonce || password === undefined) {
      return { failure: 'Authentication failed during authentication due to invalid credentials' };
    }
    const salted = pbkdf2Sync(password.normalize('NFKC'), this.#salt, ITERATIONS, hashBytes(this.#hash), this.#hash);
    const authMessage = `${this.#clientFirstBare},${this.#serverFirst},${withoutProof}`;
    const clientKey = this.#hmac(salted, 'Client Key');
    const storedKey = createHash(this.#hash).update(clientKey).digest();
    const expected = xor(clientKey, this.#hmac(storedKey, authMessage));
    const proof = Buffer.from(proofText, 'base64');
    if (proof.length !== expected.length || !timingSafeEqual(proof, expected)) {
      return { failure: 'Authentication failed during authentication due to invalid credentials' };
    }
    const signature = this.#hmac(this.#hmac(salted, 'Server Key'), authMessage);
    return { reply: `v=${signature.toString('base64')}` };
  }

  #hmac(key: Buffer, text: string): Buffer {
    return createHmac(this.#hash, key).update(text).digest();
  }
}

function hashBytes(hash: ScramHash): number {
  return hash === 'sha256' ? 32 : 64;
}

function xor(left: Buffer, right: Buffer): Buffer {
  return Buffer.from(left.map((byte, index) => byte ^ (right[index] ?? 0)));
}
