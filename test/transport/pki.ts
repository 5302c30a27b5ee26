/** Certificates for one test run, made by the openssl program; nothing secret lies in the repository. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface KeyPair {
  cert: string;
  key: string;
}

export interface Pki {
  ca: string;
  /** Signed by ca, for 127.0.0.1 and localhost if not for others. */
  server: KeyPair;
  /** For another host, signed by ca. */
  elsewhere: KeyPair;
  /** A CA nobody trusts. */
  otherCa: string;
}

/** Why the suite cannot run, for node:test's skip option; false when it can. */
export const withoutOpenssl: string | false =
  spawnSync('openssl', ['version']).error === undefined ? false : 'openssl not found';
assert.ok(withoutOpenssl === false || process.env['CI'] !== 'true', 'CI has to run the TLS tests: openssl not found');

export function makePki(serverNames = 'IP:127.0.0.1,DNS:localhost'): Pki {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-hotpath-pki-'));
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  };
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const authority = (name: string): void => {
    openssl(
      'req',
      '-x509',
      ...newKey,
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.crt`,
    );
  };
  const leaf = (name: string, altNames: string): KeyPair => {
    writeFileSync(join(folder, `${name}.ext`), `subjectAltName=${altNames}\n`);
    openssl('req', ...newKey, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    const signer = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', `${name}.ext`];
    openssl('x509', '-req', '-in', `${name}.csr`, ...signer, '-days', '2', '-out', `${name}.crt`);
    return { cert: read(`${name}.crt`), key: read(`${name}.key`) };
  };
  try {
    authority('ca');
    authority('otherCa');
    const server = leaf('server', serverNames);
    const elsewhere = leaf('elsewhere', 'DNS:broker.example.com');
    return { ca: read('ca.crt'), otherCa: read('otherCa.crt'), server, elsewhere };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
