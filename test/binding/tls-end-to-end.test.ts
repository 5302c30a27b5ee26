/** Ssl and SaslSsl on the embedded broker: authorities, client certificates, and how each mistake ends. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { type EmbeddedBroker, startBroker } from '../../src/broker/index.ts';
import { KafkaHotpathError, openKafkaOutput } from '../../src/index.ts';

const CANARY = 'CANARY-c4n4ry-0451';

function path(name: string): string {
  return fileURLToPath(new URL(`tls/${name}.pem`, import.meta.url));
}

function pem(name: string): string {
  return readFileSync(path(name), 'utf8');
}

function startTls(more: object = {}, sasl?: Record<string, string>): Promise<EmbeddedBroker> {
  const tls = { cert: pem('server'), key: pem('server-key'), ...more };
  return startBroker({ topics: [{ name: 'orders' }], tls, ...(sasl === undefined ? {} : { sasl }) });
}

const wantsCertificate = { requestCert: true, rejectUnauthorized: true, ca: pem('ca') };
const client = { sslCertificatePEM: pem('client'), sslKeyPEM: pem('client-key') };

async function sendOne(broker: EmbeddedBroker, properties: object): Promise<void> {
  const all = { brokerList: broker.address, topic: 'orders', protocol: 'Ssl', ...properties };
  const output = await openKafkaOutput(all, { settings: {} });
  try {
    (await output.send('secret?')).orThrow();
  } finally {
    await output.close();
  }
}

async function assertRefused(broker: EmbeddedBroker, properties: object, says: RegExp): Promise<void> {
  await assert.rejects(sendOne(broker, properties), (error: unknown) => {
    assert.ok(error instanceof KafkaHotpathError, String(error));
    assert.match(error.message, says);
    assert.doesNotMatch(inspect(error, { depth: Infinity, showHidden: true }), /CANARY|BEGIN PRIVATE/);
    return true;
  });
}

describe('TLS', () => {
  it('with an authority from a file, by name and by address', async () => {
    await using broker = await startTls();
    await sendOne(broker, { sslCaLocation: path('ca') });
    await sendOne(broker, { sslCaPEM: pem('ca'), brokerList: broker.address.replace('127.0.0.1', 'localhost') });
    assert.equal(broker.records('orders').length, 2);
  });

  it('with a certificate of the client, in each way to give it', async () => {
    await using broker = await startTls(wantsCertificate);
    const ways = [
      client,
      { sslCertificateandKeyPEM: pem('client-key') + pem('client') },
      { sslCertificateLocation: path('client'), sslKeyLocation: path('client-key') },
      { ...client, sslKeyPEM: pem('client-encrypted-key').replaceAll('\n', '\\n'), sslKeyPassword: 'passphrase' },
      { sslCertificatePEM: pem('rsa'), sslKeyPEM: pem('rsa-pkcs1-key') },
      // The broker knows the root only: the rest of the chain has to come with the certificate.
      { sslCertificatePEM: pem('intermediate') + pem('chained'), sslKeyPEM: pem('chained-key') },
    ];
    for (const way of ways) await sendOne(broker, { sslCaPEM: pem('ca'), ...way });
    assert.equal(broker.records('orders').length, ways.length);
  });

  it('with a login inside', async () => {
    await using broker = await startTls(wantsCertificate, { user: CANARY });
    const login = { protocol: 'sasl_ssl', username: 'user', password: CANARY, sslCaPEM: pem('ca'), ...client };
    for (const authenticationMode of ['NotSet', 'Plain', 'SCRAM-SHA-256', 'ScramSha512']) {
      await sendOne(broker, { ...login, authenticationMode });
    }
    await assertRefused(broker, { ...login, password: `${CANARY}x` }, /for user "user" was refused/);
  });

  it('is refused with a reason of its own for each mistake (B84)', async () => {
    await using broker = await startTls(wantsCertificate);
    await using plain = await startBroker({ topics: [{ name: 'orders' }] });
    const ca = { sslCaPEM: pem('ca') };
    await assertRefused(broker, client, /certificate was refused: .* as sslCaLocation or sslCaPEM/);
    await assertRefused(broker, { ...client, sslCaPEM: pem('stranger') }, /certificate was refused/);
    await assertRefused(broker, ca, /refused|closed|required/);
    await assertRefused(plain, { ...ca, ...client }, /does not speak TLS|plaintext port/);
    await assertRefused(broker, { protocol: 'Plaintext' }, /does this port want TLS/);
  });
});
