/** What can go wrong on the way into a real Kafka, and what is said of it. */
import type { SaslCredentials } from '../../../src/transport/auth/credentials.ts';
import type { KafkajsTransportOptions } from '../../../src/transport/kafkajs.ts';
import { type ListenerName, PASSWORD, USER } from './security-properties.ts';

export interface Case {
  name: string;
  listener: ListenerName;
  ssl?: (file: (name: string) => string) => NonNullable<KafkajsTransportOptions['ssl']>;
  sasl?: () => SaslCredentials;
  code: string;
  says: RegExp;
  /** The failure may pass, so connect() tries its three rounds. */
  isTried?: boolean;
  /** Found here, before the network is touched. */
  isOurs?: boolean;
}

const user = { username: USER, password: PASSWORD };
const TRUST = (file: (name: string) => string): { ca: string } => ({ ca: file('ca.crt') });

export const PASSWORD_CASES: readonly Case[] = (['plain', 'scram-sha-256', 'scram-sha-512'] as const).flatMap(
  (mechanism) => [
    {
      name: `wrong password, ${mechanism}`,
      listener: 'SASL',
      sasl: () => ({ mechanism, username: USER, password: 'canary-wrong' }),
      code: 'ERR_AUTH',
      says: new RegExp(`SASL ${mechanism.toUpperCase()} for user "alice" was refused: .*; check username and password`),
    },
    {
      name: `unknown user, ${mechanism}`,
      listener: 'SASL',
      sasl: () => ({ mechanism, username: 'nobody', password: PASSWORD }),
      code: 'ERR_AUTH',
      says: /for user "nobody" was refused/,
    },
  ],
);

export const LISTENER_CASES: readonly Case[] = [
  {
    name: 'wrong password inside TLS',
    listener: 'SASLTLS',
    ssl: TRUST,
    sasl: () => ({ mechanism: 'plain', username: USER, password: 'canary-wrong' }),
    code: 'ERR_AUTH',
    says: /SASL PLAIN for user "alice" was refused/,
  },
  {
    name: 'a mechanism that is not enabled',
    listener: 'SCRAMONLY',
    sasl: () => ({ mechanism: 'plain', ...user }),
    code: 'ERR_AUTH_MECHANISM',
    says: /not enabled this mechanism; it has SCRAM-SHA-256, SCRAM-SHA-512: set authenticationMode/,
  },
  {
    name: 'SASL on a port without',
    listener: 'PLAIN',
    sasl: () => ({ mechanism: 'plain', ...user }),
    code: 'ERR_LISTENER',
    says: /this port does not expect SASL/,
  },
  { name: 'no SASL on a port with', listener: 'SASL', code: 'ERR_LISTENER', says: /want SASL/, isTried: true },
  { name: 'plaintext on a TLS port', listener: 'TLS', code: 'ERR_LISTENER', says: /TLS/, isTried: true },
  {
    name: 'TLS on a plaintext port',
    listener: 'PLAIN',
    ssl: TRUST,
    code: 'ERR_LISTENER',
    says: /plaintext port/,
    isTried: true,
  },
];

export const TLS_CASES: readonly Case[] = [
  { name: 'no authority', listener: 'TLS', ssl: () => ({}), code: 'ERR_TLS_AUTHORITY', says: /sslCaLocation/ },
  {
    name: 'another authority',
    listener: 'TLS',
    ssl: (file) => ({ ca: file('otherca.crt') }),
    code: 'ERR_TLS_AUTHORITY',
    says: /authority that signed it/,
  },
  { name: 'self-signed', listener: 'SELFSIGNED', ssl: TRUST, code: 'ERR_TLS_SELF_SIGNED', says: /self.signed/ },
  { name: 'expired', listener: 'EXPIRED', ssl: TRUST, code: 'ERR_TLS_EXPIRED', says: /expired.*needs a new one/ },
  { name: 'not yet valid', listener: 'FUTURE', ssl: TRUST, code: 'ERR_TLS_NOT_YET_VALID', says: /check the clock/ },
  { name: 'another host', listener: 'BADHOST', ssl: TRUST, code: 'ERR_TLS_HOST_NAME', says: /broker\.example\.com/ },
  {
    name: 'no certificate of the client',
    listener: 'MTLS',
    ssl: TRUST,
    code: 'ERR_TLS_CLIENT_CERTIFICATE',
    says: /wants a certificate of this client/,
  },
  {
    name: 'a certificate of the client by another authority',
    listener: 'MTLS',
    ssl: (file) => ({ ca: file('ca.crt'), cert: file('stranger.crt'), key: file('stranger.key') }),
    code: 'ERR_TLS_CLIENT_CERTIFICATE',
    says: /that it trusts/,
  },
  {
    name: 'a certificate of the client that has ended',
    listener: 'MTLS',
    ssl: (file) => ({ ca: file('ca.crt'), cert: file('client-expired.crt'), key: file('client-expired.key') }),
    code: 'ERR_TLS_CLIENT_CERTIFICATE',
    says: /check sslCertificate… and sslKey…, and their dates/,
  },
  {
    name: 'a certificate of the client that begins only later',
    listener: 'MTLS',
    ssl: (file) => ({ ca: file('ca.crt'), cert: file('client-future.crt'), key: file('client-future.key') }),
    code: 'ERR_TLS_CLIENT_CERTIFICATE',
    says: /check sslCertificate… and sslKey…, and their dates/,
  },
  {
    name: 'a certificate of the client without those between it and its authority',
    listener: 'MTLS',
    ssl: (file) => ({
      ca: file('ca.crt'),
      cert: file('client-chained.crt').replace(/(?<=-----END CERTIFICATE-----\n)[^]*/, ''),
      key: file('client-chained.key'),
    }),
    code: 'ERR_TLS_CLIENT_CERTIFICATE',
    says: /that it trusts/,
  },
  {
    name: 'key and certificate of two clients',
    listener: 'MTLS',
    ssl: (file) => ({ ca: file('ca.crt'), cert: file('client.crt'), key: file('stranger.key') }),
    code: 'ERR_TLS_KEY',
    says: /do not belong together/,
    isOurs: true,
  },
  {
    name: 'a wrong passphrase',
    listener: 'MTLS',
    ssl: (file) => ({
      ca: file('ca.crt'),
      cert: file('client.crt'),
      key: file('client.enc.key'),
      passphrase: 'canary',
    }),
    code: 'ERR_TLS_PASSPHRASE',
    says: /sslKeyPassword is missing or wrong/,
    isOurs: true,
  },
  {
    name: 'an encrypted key and no passphrase',
    listener: 'MTLS',
    ssl: (file) => ({ ca: file('ca.crt'), cert: file('client.crt'), key: file('client.enc.key') }),
    code: 'ERR_TLS_PASSPHRASE',
    says: /sslKeyPassword is missing or wrong/,
    isOurs: true,
  },
  {
    name: 'a certificate that is none',
    listener: 'MTLS',
    ssl: (file) => ({ ca: file('ca.crt'), cert: 'nonsense', key: file('client.key') }),
    code: 'ERR_TLS_KEY',
    says: /both must be PEM/,
    isOurs: true,
  },
  {
    name: 'a broker that speaks TLS 1.1 only',
    listener: 'TLS11',
    ssl: TRUST,
    code: 'ERR_TLS_VERSION',
    says: /TLS 1\.2 is the least that is used; see ssl\.enabled\.protocols/,
  },
  {
    name: 'no TLS version in common',
    listener: 'TLS13',
    ssl: (file) => ({ ca: file('ca.crt'), maxVersion: 'TLSv1.2' }),
    code: 'ERR_TLS_VERSION',
    says: /no TLS version or cipher in common/,
  },
];
