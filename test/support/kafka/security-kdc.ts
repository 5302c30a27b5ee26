/** A Kerberos realm of our own on a loopback port; nothing outside its folder is touched. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { freePorts } from './ports.ts';

const PACKAGES = ['krb5-kdc', 'krb5-admin-server', 'krb5-user', 'libkrb5-dev', 'g++', 'make', 'python3'];
const KERBEROS_VERSION = '7.0.0';
const REALM = 'TEST.LOCAL';

/** What keeps a realm from running here; undefined when nothing does. As root in CI it installs what is missing. */
export function whyNoKerberos(): string | undefined {
  const has = (): boolean =>
    existsSync('/usr/sbin/krb5kdc') && existsSync('/usr/sbin/kadmin.local') && existsSync('/usr/include/krb5.h');
  if (!has() && process.env['CI'] === 'true' && process.getuid?.() === 0) {
    spawnSync('apt-get', ['update', '-qq']);
    const install = ['install', '-y', '-qq', '--no-install-recommends', ...PACKAGES];
    spawnSync('apt-get', install, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  }
  return has() ? undefined : `krb5-kdc and libkrb5-dev are not installed (apt-get install ${PACKAGES.join(' ')})`;
}

/**
 * Builds the optional package once into .cache and links it into node_modules, where the library looks for it. It is no
 * devDependency, because it has to be compiled: npm ci would fail wherever the headers of Kerberos are missing.
 */
export function installKerberosPackage(): void {
  const cache = resolve('.cache', `kerberos-${KERBEROS_VERSION}`);
  const built = join(cache, 'node_modules', 'kerberos');
  if (!existsSync(join(built, 'build', 'Release', 'kerberos.node'))) {
    mkdirSync(cache, { recursive: true });
    const install = ['install', '--prefix', cache, '--no-save', '--no-audit', `kerberos@${KERBEROS_VERSION}`];
    execFileSync('npm', install, { stdio: 'pipe' });
    // Newer npm leaves install scripts out unless asked by name.
    const isBuilt = existsSync(join(built, 'build', 'Release', 'kerberos.node'));
    if (!isBuilt) execFileSync('npx', ['--yes', 'node-gyp', 'rebuild'], { cwd: built, stdio: 'pipe' });
  }
  const link = resolve('node_modules', 'kerberos');
  if (!existsSync(link)) symlinkSync(built, link, 'dir');
}

export class SecurityKdc {
  readonly folder: string;
  readonly #port: number;
  #child: ChildProcess | undefined;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.#port = port;
  }

  /** Makes the realm with the principals kafka/localhost and alice, and starts its KDC. */
  static async start(folder: string): Promise<SecurityKdc> {
    mkdirSync(folder, { recursive: true });
    const [port = 0] = await freePorts(1);
    const kdc = new SecurityKdc(folder, port);
    kdc.#writeConfiguration();
    const run = (file: string, ...args: string[]): void => {
      execFileSync(`/usr/sbin/${file}`, args, { env: kdc.environment, stdio: 'pipe' });
    };
    run('kdb5_util', 'create', '-s', '-r', REALM, '-P', 'master');
    run('kadmin.local', '-q', 'addprinc -randkey kafka/localhost');
    run('kadmin.local', '-q', `ktadd -k ${kdc.path('kafka.keytab')} kafka/localhost`);
    run('kadmin.local', '-q', 'addprinc -pw alice-secret alice');
    run('kadmin.local', '-q', `ktadd -norandkey -k ${kdc.path('alice.keytab')} alice`);
    await kdc.#launch();
    return kdc;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** For programs of the realm and for the broker. */
  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, KRB5_CONFIG: this.path('krb5.conf'), KRB5_KDC_PROFILE: this.path('kdc.conf') };
  }

  stop(): void {
    this.#child?.kill('SIGKILL');
  }

  #writeConfiguration(): void {
    const realm = `[realms]\n${REALM} = {\n`;
    writeFileSync(
      this.path('krb5.conf'),
      `[libdefaults]\ndefault_realm=${REALM}\ndns_lookup_realm=false\ndns_lookup_kdc=false\n` +
        'dns_canonicalize_hostname=false\nrdns=false\nudp_preference_limit=1\n' +
        `${realm}kdc = 127.0.0.1:${this.#port}\n}\n`,
    );
    writeFileSync(
      this.path('kdc.conf'),
      `[kdcdefaults]\nkdc_listen=""\nkdc_tcp_listen=127.0.0.1:${this.#port}\n` +
        `${realm}database_name=${this.path('db')}\nkey_stash_file=${this.path('stash')}\n}\n`,
    );
  }

  async #launch(): Promise<void> {
    const child = spawn('/usr/sbin/krb5kdc', ['-n'], { env: this.environment, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    // A test process that dies takes its KDC along.
    process.once('exit', () => child.kill('SIGKILL'));
    const lines: string[] = [];
    const ended = new Promise<never>((_, reject) => {
      child.once('error', reject);
      child.once('close', () => {
        reject(new Error(`the KDC ended: ${lines.join('\n')}`));
      });
    });
    ended.catch(() => undefined);
    createInterface({ input: child.stderr }).on('line', (line) => lines.push(line));
    child.stdout.resume();
    await Promise.race([untilListening(this.#port), ended]);
  }
}

/** Knocks until somebody opens: the KDC says nothing on its own. */
async function untilListening(port: number): Promise<void> {
  for (;;) {
    const isOpen = await new Promise<boolean>((settle) => {
      const socket = createConnection({ port, host: '127.0.0.1' }, () => {
        socket.destroy();
        settle(true);
      });
      socket.once('error', () => {
        settle(false);
      });
    });
    if (isOpen) return;
  }
}
