/** What the command line prints has no secret in it, whatever fails; and none is ever taken from its arguments. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Command } from 'commander';
import { type EmbeddedBroker, startBroker } from '../../src/broker/index.ts';
import { assertSilent, CLIENT_SECRET, PASSPHRASE, PASSWORD } from '../secrets/canary.ts';
import { SecurityPki } from '../support/kafka/security-pki.ts';
import { withoutOpenssl } from '../transport/pki.ts';
import { Folder, run } from './run.ts';

const COMMANDS = ['produce', 'check', 'encode', 'decode', 'frame', 'inspect', 'broker', 'bench', 'serve', 'host'];
/** Names a file or a variable, and takes no secret itself. */
const ALLOWED = ['--token-file'];

describe('the command line', { concurrency: 2, skip: withoutOpenssl }, () => {
  const folder = new Folder();
  const pkiFolder = mkdtempSync(join(tmpdir(), 'kafka-hotpath-cli-secrets-'));
  let pki: SecurityPki;
  let broker: EmbeddedBroker;
  let secure: EmbeddedBroker;

  before(async () => {
    pki = new SecurityPki(pkiFolder);
    broker = await startBroker({ topics: [{ name: 'orders' }], sasl: { alice: 'other' }, saslMechanisms: ['PLAIN'] });
    const tls = { cert: pki.read('badhost.crt'), key: pki.read('badhost.key') };
    secure = await startBroker({ topics: [{ name: 'orders' }], sasl: { alice: PASSWORD }, tls });
  });
  after(async () => {
    await broker.close();
    await secure.close();
    folder.remove();
    rmSync(pkiFolder, { recursive: true });
  });

  const settings = (): Record<string, string> => ({
    Password: PASSWORD,
    Passphrase: PASSPHRASE,
    ClientSecret: CLIENT_SECRET,
    Key: pki.read('client.enc.key'),
    Certificate: pki.read('client.crt'),
    Ca: pki.read('ca.crt'),
    Plain: broker.address,
    Tls: secure.address,
  });
  const login = { brokerList: '%Plain%', topic: 'orders', username: 'alice', password: '%Password%' };
  const tls = { ...login, brokerList: '%Tls%', protocol: 'SaslSsl', sslCaPEM: '%Ca%' };
  const own = { sslCertificatePEM: '%Certificate%', sslKeyPEM: '%Key%', sslKeyPassword: '%Passphrase%' };
  const oidc = {
    authenticationMode: 'OAuthBearer',
    oAuthBearerMethod: 'Oidc',
    oAuthBearerClientId: 'svc',
    oAuthBearerClientSecret: '%ClientSecret%',
    oAuthBearerTokenEndpointUrl: 'http://127.0.0.1:9/token',
  };
  const cases: [string, object, number][] = [
    ['a refused password', { ...login, protocol: 'SaslPlaintext' }, 4],
    ['a mechanism that is not there', { ...login, protocol: 'SaslPlaintext', authenticationMode: 'ScramSha256' }, 4],
    ['a certificate of another host', tls, 4],
    ['a wrong passphrase', { ...tls, ...own }, 3],
    ['a key without PEM', { ...tls, sslKeyPEM: '%Passphrase%', sslCertificatePEM: '%Certificate%' }, 3],
    [
      'a token endpoint that is down',
      { brokerList: '%Plain%', topic: 'orders', protocol: 'SaslPlaintext', ...oidc },
      4,
    ],
    ['the password in place of another property', { ...login, topic: '%Password%', protocol: '%Password%' }, 3],
  ];
  for (const [name, properties, exitCode] of cases) {
    for (const args of [
      ['check', '--verbose'],
      ['produce', '--json', '--verbose'],
    ]) {
      it(`prints no secret: ${name}, ${args.join(' ')}`, async () => {
        const binding = folder.file(`secrets-${Math.random()}.json`, properties);
        const { code, stdout, stderr } = await run([...args, '--binding', binding], '"x"\n', settings());
        assertSilent(stdout + stderr, args.join(' '));
        assert.equal(code, exitCode, stdout + stderr);
      });
    }
  }

  it('has no option that takes a secret', async () => {
    for (const name of COMMANDS) {
      const module = (await import(`../../src/cli/${name}.ts`)) as Record<string, (finish: () => void) => Command>;
      const { options } = module[`${name}Command`]!(() => undefined);
      assert.ok(options.length > 0, name);
      const taking = options.flatMap(({ long }) =>
        /pass|secret|token|key|user|credential/.test(long!) ? [long!] : [],
      );
      assert.deepEqual(
        taking.filter((option) => !ALLOWED.includes(option)),
        [],
        name,
      );
    }
  });

  it('does not repeat one that was tried all the same', async () => {
    for (const args of [
      ['produce', `--password=${PASSWORD}`],
      ['produce', '--password', PASSWORD],
      [`--password=${PASSWORD}`, 'produce'],
    ]) {
      const { code, stdout, stderr } = await run(args);
      assert.equal(code, 2);
      assertSilent(stdout + stderr, args[0]!);
      assert.match(stderr, /unknown option '--\w+(-password)?'\nsecrets are not taken from the command line/);
    }
  });
});
