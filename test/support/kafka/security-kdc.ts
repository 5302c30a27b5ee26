/** A Kerberos realm of our own on a loopback port; nothing outside its folder is touched. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { freePorts } from './ports.ts';

const PACKAGES = ['krb5-kdc', 'krb5-admin-server', 'krb5-user', 'libkrb5-dev', 'libfaketime', 'g++', 'make', 'python3'];
const KERBEROS_VERSION = '7.0.0';
const REALM = 'TEST.LOCAL';
const FAKETIME_FOLDERS = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'];

/** What keeps a realm from running here; undefined when nothing does. As root in CI it installs what is missing. */
export function whyNoKerberos(): string | undefined {
  const has = (): boolean =>
    existsSync('/usr/sbin/krb5kdc') && existsSync('/usr/sbin/kadmin.local') && existsSync('/usr/include/krb5.h');
  const isCi = process.env['CI'] === 'true';
  if (isCi && process.getuid?.() === 0 && !(has() && faketimeLibrary() !== undefined)) {
    spawnSync('apt-get', ['update', '-qq']);
    const install = ['install', '-y', '-qq', '--no-install-recommends', ...PACKAGES];
    spawnSync('apt-get', install, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  }
  return has() ? undefined : `no KDC, kadmin.local or krb5.h is installed (apt-get install ${PACKAGES.join(' ')})`;
}

/** What keeps a KDC from having another clock than this machine; undefined when nothing does. */
export function whyNoOtherClock(): string | undefined {
  const without = whyNoKerberos() ?? (faketimeLibrary() === undefined ? 'libfaketime is not installed' : undefined);
  if (without !== undefined) {
    console.log(`skipped: clocks that differ (${without})`);
    assert.notEqual(process.env['CI'], 'true', 'CI has to run the tests of clocks that differ');
  }
  return without;
}

function faketimeLibrary(): string | undefined {
  return FAKETIME_FOLDERS.map((folder) => join(folder, 'faketime', 'libfaketime.so.1')).find((path) =>
    existsSync(path),
  );
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

/** How far a KDC's clock is from this machine's, as libfaketime writes it: +1h, -2d. */
export type ClockOffset = `${'+' | '-'}${number}${'h' | 'd'}`;

export class SecurityKdc {
  readonly folder: string;
  readonly #port: number;
  readonly #offset: ClockOffset | undefined;
  #child: ChildProcess | undefined;

  private constructor(folder: string, port: number, offset?: ClockOffset) {
    this.folder = folder;
    this.#port = port;
    this.#offset = offset;
  }

  /** Makes the realm with the principals kafka/localhost and alice, and starts its KDC. */
  static async start(folder: string): Promise<SecurityKdc> {
    mkdirSync(folder, { recursive: true });
    const [port = 0] = await freePorts(1);
    const kdc = new SecurityKdc(folder, port);
    kdc.#writeConfiguration(folder);
    const run = (file: string, ...args: string[]): void => {
      kdc.#run(`/usr/sbin/${file}`, ...args);
    };
    run('kdb5_util', 'create', '-s', '-r', REALM, '-P', 'master');
    run('kadmin.local', '-q', 'addprinc -randkey kafka/localhost');
    run('kadmin.local', '-q', `ktadd -k ${kdc.path('kafka.keytab')} kafka/localhost`);
    run('kadmin.local', '-q', 'addprinc -pw alice-secret alice');
    run('kadmin.local', '-q', `ktadd -norandkey -k ${kdc.path('alice.keytab')} alice`);
    await kdc.#launch();
    return kdc;
  }

  /** Another KDC of the same realm, whose clock is another. Its clients must not take its time for their own. */
  async withOtherClock(offset: ClockOffset): Promise<SecurityKdc> {
    const folder = this.path(`clock${offset}`);
    mkdirSync(folder);
    const [port = 0] = await freePorts(1);
    const other = new SecurityKdc(folder, port, offset);
    other.#writeConfiguration(this.folder);
    await other.#launch();
    return other;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** For programs of the realm and for the broker; they have the KDC's clock. */
  get environment(): NodeJS.ProcessEnv {
    const own = { KRB5_CONFIG: this.path('krb5.conf'), KRB5_KDC_PROFILE: this.path('kdc.conf') };
    const clock = this.#offset === undefined ? {} : { LD_PRELOAD: faketimeLibrary(), FAKETIME: this.#offset };
    return { ...process.env, ...own, ...clock };
  }

  /**
   * Puts a ticket of alice into a cache, by the KDC's clock, and with a service that one, too.
   * @param keytab of the realm
   */
  kinit(cache: string, keytab: string, service?: string): void {
    this.#run('kinit', '-c', cache, '-k', '-t', keytab, 'alice');
    if (service !== undefined) this.#run('kvno', '-c', cache, service);
  }

  stop(): void {
    this.#child?.kill('SIGKILL');
  }

  #run(file: string, ...args: string[]): void {
    execFileSync(file, args, { env: this.environment, stdio: 'pipe' });
  }

  /** @param database the folder of the realm's database */
  #writeConfiguration(database: string): void {
    const realm = `[realms]\n${REALM} = {\n`;
    // Without kdc_timesync=0 MIT's library takes the KDC's time for its own.
    const clock = this.#offset === undefined ? '' : 'kdc_timesync=0\n';
    writeFileSync(
      this.path('krb5.conf'),
      `[libdefaults]\ndefault_realm=${REALM}\ndns_lookup_realm=false\ndns_lookup_kdc=false\n` +
        `dns_canonicalize_hostname=false\nrdns=false\nudp_preference_limit=1\n${clock}` +
        `${realm}kdc = 127.0.0.1:${this.#port}\n}\n`,
    );
    writeFileSync(
      this.path('kdc.conf'),
      `[kdcdefaults]\nkdc_listen=""\nkdc_tcp_listen=127.0.0.1:${this.#port}\n` +
        `${realm}database_name=${join(database, 'db')}\nkey_stash_file=${join(database, 'stash')}\n}\n`,
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
