/** What Node and OpenSSL say when TLS fails, sorted by what has to change. */
import type { ErrorCode } from '../errors.ts';

export interface TlsFault {
  code: ErrorCode;
  /** What happened; the caller adds OpenSSL's own words. */
  what: string;
  advice: string;
}

interface Row extends TlsFault {
  /** Of Node's code and OpenSSL's words, joined by a space. */
  pattern: RegExp;
}

const REFUSED = "the broker's certificate was refused";

/** The first that matches. */
const HANDSHAKE: readonly Row[] = [
  {
    pattern: /ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH/,
    code: 'ERR_TLS_HOST_NAME',
    what: REFUSED,
    advice: 'brokerList must name a host that the certificate is for, and so must advertised.listeners of the broker',
  },
  {
    pattern: /CERT_HAS_EXPIRED/,
    code: 'ERR_TLS_EXPIRED',
    what: REFUSED,
    advice: 'the broker needs a new one; check the clock of this machine, too',
  },
  {
    pattern: /CERT_NOT_YET_VALID/,
    code: 'ERR_TLS_NOT_YET_VALID',
    what: REFUSED,
    advice: 'check the clock of this machine and of the one that made it',
  },
  {
    pattern: /SELF_SIGNED/,
    code: 'ERR_TLS_SELF_SIGNED',
    what: REFUSED,
    advice: 'if it is the right broker, give that certificate as sslCaLocation or sslCaPEM',
  },
  {
    pattern: /\b(UNABLE_TO_|CERT_|CRL_|ERROR_IN_C|INVALID_|PATH_LENGTH_)/,
    code: 'ERR_TLS_AUTHORITY',
    what: REFUSED,
    advice: 'give the authority that signed it as sslCaLocation or sslCaPEM, and check that it is the right one',
  },
  {
    pattern: /ALERT_(BAD_|UNSUPPORTED_|NO_)?CERTIFICATE|ALERT_(UNKNOWN_CA|ACCESS_DENIED|DECRYPT_ERROR)/,
    code: 'ERR_TLS_CLIENT_CERTIFICATE',
    what: 'the broker refused the TLS handshake',
    advice: 'it wants a certificate of this client that it trusts: check sslCertificate… and sslKey…, and their dates',
  },
  {
    pattern: /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|INSUFFICIENT_SECURITY|NO_SHARED_CIPHER/,
    code: 'ERR_TLS_VERSION',
    what: 'broker and client have no TLS version or cipher in common',
    advice: 'TLS 1.2 is the least that is used; see ssl.enabled.protocols of the broker',
  },
  {
    // The alert for either; Java's brokers have another for the second, OpenSSL's servers have not (RFC 5246 §7.4.6).
    pattern: /ALERT_HANDSHAKE_FAILURE/,
    code: 'ERR_TLS_VERSION',
    what: 'broker and client have no cipher in common, or the broker wants a certificate of this client',
    advice: 'see ssl.cipher.suites and ssl.client.auth of the broker, and check sslCertificate… and sslKey…',
  },
  {
    // What OpenSSL says when the other side does not speak TLS.
    pattern: /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|wrong version number|packet length too long/,
    code: 'ERR_LISTENER',
    what: 'the port does not speak TLS',
    advice: 'is it a plaintext port (Plaintext or SaslPlaintext)? Set protocol, or the port in brokerList',
  },
];

/** Undefined for what is no fault of TLS, or passes. */
export function tlsFault(code: string, words: string): TlsFault | undefined {
  return HANDSHAKE.find(({ pattern }) => pattern.test(`${code} ${words}`));
}

const PASSPHRASE = /bad decrypt|BAD_DECRYPT|passphrase|interrupted or cancelled|bad password read|PKCS12 cipherfinal/i;

/** tls.connect threw over certificate or key. */
export function materialFault(code: string, words: string): TlsFault {
  if (PASSPHRASE.test(`${code} ${words}`)) {
    return {
      code: 'ERR_TLS_PASSPHRASE',
      what: 'the private key of this client cannot be opened',
      advice: 'it is encrypted, and sslKeyPassword is missing or wrong',
    };
  }
  const isMismatch = /KEY_VALUES_MISMATCH|key values mismatch/i.test(`${code} ${words}`);
  return {
    code: 'ERR_TLS_KEY',
    what: 'the TLS certificate, key or passphrase cannot be used',
    advice: isMismatch ? 'certificate and key do not belong together' : 'both must be PEM',
  };
}
