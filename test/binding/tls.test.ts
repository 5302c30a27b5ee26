/** Certificates and keys: found, read in every form they come in, checked, and used (B14–B18). */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { ConfigError } from '../../src/binding/config-error.ts';
import type { ConfigOptions } from '../../src/binding/config-options.ts';
import { type BindingConfig, resolveConfig } from '../../src/binding/config.ts';

const FOLDER = new URL('tls/', import.meta.url);
const BASE = { brokerList: 'localhost:9093', topic: 'orders', protocol: 'Ssl' };
const folder = mkdtempSync(join(tmpdir(), 'kafka-hotpath-tls-'));
after(() => {
  rmSync(folder, { recursive: true });
});

function pem(name: string): string {
  return readFileSync(new URL(`${name}.pem`, FOLDER), 'utf8');
}

function file(name: string, text: string | Uint8Array = pem(name)): string {
  const path = join(folder, `${name}.pem`);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

function config(properties: object, settings: Record<string, unknown> = {}, options?: ConfigOptions): BindingConfig {
  return resolveConfig({ ...BASE, ...properties }, settings, options);
}

function assertProblem(properties: object, expected: [string, string, RegExp], settings = {}): void {
  assert.throws(
    () => config(properties, settings),
    (error: unknown) => {
      assert.ok(error instanceof ConfigError, String(error));
      const found = error.problems.map(({ property, code }) => [property, code]);
      assert.deepEqual(found, [expected.slice(0, 2)], error.message);
      assert.match(error.message, expected[2]);
      assert.doesNotMatch(inspect(error, { depth: Infinity, showHidden: true }), /CANARY|MC4CAQ|passphrase"/);
      return true;
    },
  );
}

const client = { sslCertificatePEM: pem('client'), sslKeyPEM: pem('client-key') };

describe('certificates and keys are taken', () => {
  const ways: [string, object][] = [
    ['as PEM', client],
    ['from files', { sslCertificateLocation: file('client'), sslKeyLocation: file('client-key') }],
    ['in one text', { sslCertificateandKeyPEM: pem('client-key') + pem('client') }],
    ['in one text given as the certificate', { sslCertificatePEM: pem('client') + pem('client-key') }],
    ['in one file', { sslCertificateLocation: file('both', pem('client-key') + pem('client')) }],
    ['with the key as SEC1', { ...client, sslKeyPEM: pem('client-sec1-key') }],
    ['encrypted', { ...client, sslKeyPEM: pem('client-encrypted-key'), sslKeyPassword: 'passphrase' }],
    ['as RSA in PKCS#8', { sslCertificatePEM: pem('rsa'), sslKeyPEM: pem('rsa-key') }],
    ['as RSA in PKCS#1', { sslCertificatePEM: pem('rsa'), sslKeyPEM: pem('rsa-pkcs1-key') }],
    [
      'as RSA in PKCS#1, encrypted',
      { sslCertificatePEM: pem('rsa'), sslKeyPEM: pem('rsa-pkcs1-encrypted-key'), sslKeyPassword: 'passphrase' },
    ],
    ['with a passphrase that is not needed', { ...client, sslKeyPassword: 'whatever' }],
  ];
  for (const [name, properties] of ways) {
    it(name, () => {
      const { tlsMaterial, warnings } = config(properties);
      assert.match(tlsMaterial?.certificates ?? '', /^-----BEGIN CERTIFICATE-----\n/);
      assert.match(tlsMaterial?.key?.reveal() ?? '', /^-----BEGIN PRIVATE KEY-----\n/);
      assert.deepEqual(warnings, []);
    });
  }

  const mangled: [string, (text: string) => string][] = [
    ['with \\n for newlines', (text) => text.replaceAll('\n', '\\n')],
    ['with \\r\\n for newlines', (text) => text.replaceAll('\n', '\\r\\n')],
    ['with carriage returns', (text) => text.replaceAll('\n', '\r\n')],
    ['on one line', (text) => text.replaceAll('\n', ' ')],
    ['indented, with words around', (text) => `Bag Attributes\n${text.replaceAll('\n', '\n  ')}\nend`],
  ];
  for (const [name, mangle] of mangled) {
    it(name, () => {
      const expected = config(client).tlsMaterial;
      const properties = { sslCertificatePEM: mangle(client.sslCertificatePEM), sslKeyPEM: mangle(client.sslKeyPEM) };
      const found = config(properties).tlsMaterial;
      assert.equal(found?.certificates, expected?.certificates);
      assert.equal(found?.key?.reveal(), expected?.key?.reveal());
    });
  }

  it('as whole chains, the certificate of the key first', () => {
    const chain = pem('intermediate') + pem('chained');
    const { tlsMaterial } = config({ sslCertificatePEM: chain, sslKeyPEM: pem('chained-key') });
    assert.equal(tlsMaterial?.certificates, pem('chained') + pem('intermediate'));
  });

  it('as bundles of authorities, from a file and from PEM', () => {
    const properties = { sslCaLocation: file('bundle', pem('stranger') + pem('ca')), sslCaPEM: pem('intermediate') };
    assert.deepEqual(config(properties).tlsMaterial?.authorities, [pem('stranger'), pem('ca'), pem('intermediate')]);
    assert.equal(config({ sslCaLocation: 'probe' }).tlsMaterial, undefined);
  });

  it('PEM goes before a file', () => {
    const properties = { ...client, sslCertificateLocation: file('rsa'), sslKeyLocation: file('rsa-key') };
    assert.equal(config(properties).tlsMaterial?.certificates, pem('client'));
  });

  it('and are shown by nothing', () => {
    const key = pem('client-key').split('\n')[1]!;
    const shown = inspect(config(client), { depth: Infinity, showHidden: true }) + JSON.stringify(config(client));
    assert.ok(!shown.includes(key.slice(0, 20)));
  });
});

describe('files are looked for', () => {
  const root = join(folder, 'wwwroot');
  const home = join(folder, 'home');
  mkdirSync(join(root, 'certs'), { recursive: true });
  mkdirSync(join(home, 'site', 'wwwroot'), { recursive: true });
  writeFileSync(join(root, 'certs', 'deep.pem'), pem('ca'));
  writeFileSync(join(root, 'flat.pem'), pem('ca'));
  writeFileSync(join(home, 'site', 'wwwroot', 'home.pem'), pem('ca'));

  const found: [string, string, Record<string, string>, ConfigOptions?][] = [
    ['where the path says', join(root, 'flat.pem'), {}],
    ['below AzureWebJobsScriptRoot', 'certs/deep.pem', { AzureWebJobsScriptRoot: root }],
    ['there by its last part', '/elsewhere/flat.pem', { AzureWebJobsScriptRoot: root }],
    ['in wwwroot of HOME when hosted', 'home.pem', { HOME: home, FUNCTIONS_WORKER_RUNTIME: 'node' }],
    ['in the folder of the functions', 'certs/deep.pem', {}, { functionFolder: root }],
  ];
  for (const [name, sslCaLocation, settings, options] of found) {
    it(name, () => {
      assert.deepEqual(config({ sslCaLocation }, settings, options).tlsMaterial?.authorities, [pem('ca')]);
    });
  }

  it('and every place tried is named when there is none (B14)', () => {
    const settings = { AzureWebJobsScriptRoot: root };
    const places = [join(process.cwd(), 'a/none.pem'), join(root, 'a/none.pem'), join(root, 'none.pem')];
    const says = new RegExp(`no such file; tried: ${places.map((place) => JSON.stringify(place)).join(', ')}`);
    assertProblem({ sslCaLocation: 'a/none.pem' }, ['sslCaLocation', 'file', says], settings);
  });

  it('not in HOME on a developer’s machine', () => {
    const settings = { HOME: home, FUNCTIONS_WORKER_RUNTIME: 'node', AZURE_FUNCTIONS_ENVIRONMENT: 'Development' };
    assertProblem({ sslCaLocation: 'home.pem' }, ['sslCaLocation', 'file', /tried: "[^",]*home\.pem"$/m], settings);
  });
});

describe('what cannot be used is refused', () => {
  const cases: [string, object, string, string, RegExp][] = [
    ['a folder (B14)', { sslCaLocation: folder }, 'sslCaLocation', 'file', /is a folder/],
    ['an empty file (B14)', { sslCaLocation: file('empty', '') }, 'sslCaLocation', 'file', /is empty/],
    ['no file at all (B14)', { sslCaLocation: '/dev/null' }, 'sslCaLocation', 'file', /no regular file/],
    ['a file of text (B14)', { sslCaLocation: file('text', 'hello') }, 'sslCaLocation', 'format', /is not PEM/],
    ['DER', { sslCaLocation: file('der', Buffer.of(0x30, 0x82, 1, 2)) }, 'sslCaLocation', 'format', /DER or PKCS#12/],
    [
      'a Java key store',
      { sslCaLocation: file('jks', Buffer.of(0xfe, 0xed, 0xfe, 0xed)) },
      'sslCaLocation',
      'format',
      /Java key store/,
    ],
    ['PEM where a path belongs', { sslCaLocation: pem('ca') }, 'sslCaLocation', 'format', /belongs in sslCaPEM/],
    [
      'a connection string where a path belongs',
      { sslCaLocation: 'Endpoint=x;SharedAccessKey=CANARY' },
      'sslCaLocation',
      'file',
      /got \[redacted\]/,
    ],
    ['half a certificate', { sslCaPEM: pem('ca').slice(0, 200) }, 'sslCaPEM', 'format', /damaged PEM/],
    [
      'a certificate of other bytes',
      { sslCaPEM: pem('ca').replace('MIIB', 'AAAA') },
      'sslCaPEM',
      'format',
      /certificate 1 of 1 in it cannot be read/,
    ],
    ['a key as authority', { sslCaPEM: pem('client-key') }, 'sslCaPEM', 'format', /no certificate, only PRIVATE KEY/],
    [
      'a certificate as key',
      { ...client, sslKeyPEM: pem('client') },
      'sslKeyPEM',
      'format',
      /no private key, only CERTIFICATE/,
    ],
    [
      'a key of other bytes',
      { ...client, sslKeyPEM: pem('client-key').replace(/MI../, 'AAAA') },
      'sslKeyPEM',
      'format',
      /PRIVATE KEY cannot be read/,
    ],
    [
      'a certificate without key (B15)',
      { sslCertificatePEM: pem('client') },
      'sslCertificatePEM',
      'conflict',
      /needs its private key/,
    ],
    ['a key without certificate (B15)', { sslKeyPEM: pem('client-key') }, 'sslKeyPEM', 'conflict', /its certificate/],
    [
      'one text without key (B15)',
      { sslCertificateandKeyPEM: pem('client') },
      'sslCertificateandKeyPEM',
      'format',
      /no private key/,
    ],
    [
      'a key of another certificate (B15)',
      { ...client, sslKeyPEM: pem('rsa-key') },
      'sslCertificatePEM',
      'conflict',
      /does not fit the private key/,
    ],
    [
      'an encrypted key without passphrase (B16)',
      { ...client, sslKeyPEM: pem('client-encrypted-key') },
      'sslKeyPassword',
      'missing',
      /the key in sslKeyPEM is encrypted/,
    ],
    [
      'a wrong passphrase (B16)',
      { ...client, sslKeyPEM: pem('client-encrypted-key'), sslKeyPassword: 'CANARY' },
      'sslKeyPassword',
      'conflict',
      /does not open the encrypted key in sslKeyPEM/,
    ],
    [
      'a certificate that has ended (B17)',
      { sslCertificatePEM: pem('expired'), sslKeyPEM: pem('expired-key') },
      'sslCertificatePEM',
      'date',
      /ended at Jan {2}1 00:00:00 2021 GMT/,
    ],
    [
      'a certificate that has not begun (B17)',
      { sslCertificatePEM: pem('future'), sslKeyPEM: pem('future-key') },
      'sslCertificatePEM',
      'date',
      /begins only at Jan {2}1 00:00:00 2090 GMT/,
    ],
  ];
  for (const [name, properties, property, code, says] of cases) {
    it(name, () => {
      assertProblem(properties, [property, code, says]);
    });
  }

  it('an unreadable file', { skip: process.getuid?.() === 0 && 'root reads everything' }, () => {
    const path = file('secret');
    chmodSync(path, 0);
    assertProblem({ sslCaLocation: path }, ['sslCaLocation', 'file', /cannot be read \(EACCES\)/]);
  });
});

describe('what is only odd warns', () => {
  it('TLS properties without TLS, whose files are not even looked for (B18)', () => {
    const { warnings } = config({ protocol: 'Plaintext', sslCaLocation: '/none.pem', sslKeyPassword: 'x' });
    assert.match(warnings.join('\n'), /^sslCaLocation: is not used, .*\nsslKeyPassword: is not used/);
  });

  it('a key that others may read', { skip: process.platform === 'win32' }, () => {
    const path = file('open-key', pem('client-key'));
    chmodSync(path, 0o644);
    const { warnings } = config({ sslCertificatePEM: pem('client'), sslKeyLocation: path });
    assert.match(warnings.join('\n'), /^sslKeyLocation: other users of this machine may read .*chmod 600/);
  });

  it('a certificate about to end, and an authority that has ended', () => {
    const soon = { now: () => Date.UTC(2020, 11, 25) };
    const expiring = { sslCertificatePEM: pem('expired'), sslKeyPEM: pem('expired-key') };
    assert.match(config(expiring, {}, soon).warnings.join(), /ends in 7 days/);
    assert.match(config({ sslCaPEM: pem('expired') }).warnings.join(), /sslCaPEM: the authority ended at/);
  });

  it('a passphrase for nothing', () => {
    assert.match(config({ sslKeyPassword: 'x' }).warnings.join(), /sslKeyPassword: is not used/);
  });
});
