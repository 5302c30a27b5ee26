/** Certificates for the listeners of a real broker, made anew for each run by the openssl program. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const HOSTS = 'subjectAltName=IP:127.0.0.1,DNS:localhost';
const CLIENT = 'extendedKeyUsage=clientAuth';
const INTERMEDIATE = 'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign';
const CA_CONFIG = `[ca]
default_ca=own
[own]
database=index.txt
new_certs_dir=.
rand_serial=yes
default_md=sha256
policy=any
unique_subject=no
[any]
commonName=supplied
`;
const PAST = ['20200101000000Z', '20210101000000Z'] as const;
const PRESENT = ['20200101000000Z', '20991231235959Z'] as const;
const FUTURE = ['20900101000000Z', '20991231235959Z'] as const;

export class SecurityPki {
  readonly folder: string;

  /** @param folder an empty one, which stays the caller's */
  constructor(folder: string) {
    this.folder = folder;
    writeFileSync(join(folder, 'ca.cnf'), CA_CONFIG);
    writeFileSync(join(folder, 'index.txt'), '');
    this.#authority('ca');
    this.#authority('otherca');
    this.#leaf('server', { extensions: HOSTS });
    this.#leaf('badhost', { extensions: 'subjectAltName=DNS:broker.example.com' });
    this.#leaf('expired', { extensions: HOSTS, dates: PAST });
    this.#leaf('future', { extensions: HOSTS, dates: FUTURE });
    this.#leaf('client', { extensions: CLIENT });
    this.#leaf('client-expired', { extensions: CLIENT, dates: PAST });
    this.#leaf('client-future', { extensions: CLIENT, dates: FUTURE });
    this.#leaf('stranger', { extensions: CLIENT, signer: 'otherca' });
    this.#leaf('inter', { extensions: INTERMEDIATE });
    for (const [name, extensions] of Object.entries({ chained: HOSTS, 'client-chained': CLIENT })) {
      this.#leaf(name, { extensions, signer: 'inter' });
      writeFileSync(this.path(`${name}.crt`), this.read(`${name}.crt`) + this.read('inter.crt'));
    }
    this.#authority('selfsigned', HOSTS);
    const encrypt = ['pkcs8', '-topk8', '-in', 'client.key', '-v2', 'aes256', '-passout', 'pass:passphrase'];
    this.#openssl(...encrypt, '-out', 'client.enc.key');
    for (const name of ['server', 'badhost', 'expired', 'future', 'selfsigned', 'chained']) {
      writeFileSync(this.path(`${name}.pem`), this.read(`${name}.key`) + this.read(`${name}.crt`));
    }
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  #openssl(...args: string[]): void {
    execFileSync('openssl', args, { cwd: this.folder, stdio: 'pipe' });
  }

  #authority(name: string, extension = 'keyUsage=critical,keyCertSign'): void {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}.key`];
    const subject = ['-days', '3650', '-subj', `/CN=${name}`, '-addext', extension];
    this.#openssl('req', '-x509', ...key, ...subject, '-out', `${name}.crt`);
  }

  /** By `openssl ca`, the one command that sets dates. */
  #leaf(name: string, { extensions, dates = PRESENT, signer = 'ca' }: LeafOptions): void {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}.key`];
    this.#openssl('req', ...key, '-subj', `/CN=${name}`, '-out', `${name}.csr`);
    writeFileSync(this.path(`${name}.ext`), `${extensions}\n`);
    const by = ['-cert', `${signer}.crt`, '-keyfile', `${signer}.key`, '-startdate', dates[0], '-enddate', dates[1]];
    const files = ['-config', 'ca.cnf', '-extfile', `${name}.ext`, '-in', `${name}.csr`, '-out', `${name}.crt`];
    this.#openssl('ca', '-batch', '-notext', ...files, ...by);
  }
}

interface LeafOptions {
  extensions: string;
  dates?: readonly [string, string];
  signer?: string;
}
