/**
 * One real Kafka with a listener for every way in: each protocol, each mechanism, each kind of certificate, and
 * sessions that end. Clients that come by a listener are sent back to the same one.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Kafka, logLevel } from 'kafkajs';
import { runJava, startJava } from './install.ts';
import { freePorts } from './ports.ts';
import { SecurityIssuer } from './security-issuer.ts';
import { SecurityKdc, whyNoKerberos } from './security-kdc.ts';
import { SecurityPki } from './security-pki.ts';
import { FrameProxy } from '../frame-proxy.ts';
import {
  brokerProperties,
  LISTENERS,
  type ListenerName,
  PASSWORD,
  PROXIED,
  type ProxiedName,
  USER,
} from './security-properties.ts';

const CLUSTER_ID = 'kafkaHotpathSecureNode';
const STARTED_LOGGER = '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info';
const ALLOWED_URLS = '-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls';
/** Java has switched TLS 1.1 off; one listener speaks nothing else. */
const OLD_TLS = 'jdk.tls.disabledAlgorithms=SSLv3, RC4, MD5withRSA, anon, NULL\n';
const START_ATTEMPTS_MAX = 5;

export class SecurityBroker {
  readonly folder: string;
  readonly pki: SecurityPki;
  readonly issuer: SecurityIssuer;
  /** Undefined where Kerberos cannot run. */
  readonly kdc: SecurityKdc | undefined;
  readonly #ports = new Map<ListenerName, number>();
  readonly #proxies = new Map<ListenerName, FrameProxy>();
  #child: ChildProcess | undefined;

  private constructor(parts: {
    folder: string;
    pki: SecurityPki;
    issuer: SecurityIssuer;
    kdc: SecurityKdc | undefined;
  }) {
    this.folder = parts.folder;
    this.pki = parts.pki;
    this.issuer = parts.issuer;
    this.kdc = parts.kdc;
  }

  static async start(): Promise<SecurityBroker> {
    const folder = mkdtempSync(join(tmpdir(), 'kafka-hotpath-security-'));
    mkdirSync(join(folder, 'pki'));
    const pki = new SecurityPki(join(folder, 'pki'));
    const issuer = await SecurityIssuer.start({ cert: pki.read('server.crt'), key: pki.read('server.key') });
    const kdc = whyNoKerberos() === undefined ? await SecurityKdc.start(join(folder, 'krb')) : undefined;
    const broker = new SecurityBroker({ folder, pki, issuer, kdc });
    try {
      await broker.#startOnFreePorts();
      return broker;
    } catch (error) {
      await broker.dispose();
      throw error;
    }
  }

  /** host:port for brokerList. A Kerberos ticket is for a name, so that listener has one. */
  address(listener: ListenerName): string {
    return `${listener === 'GSSAPI' ? 'localhost' : '127.0.0.1'}:${this.#ports.get(listener)!}`;
  }

  /** What the clients of this listener go through. */
  proxy(listener: ProxiedName): FrameProxy {
    return this.#proxies.get(listener)!;
  }

  admin(): ReturnType<Kafka['admin']> {
    return new Kafka({ brokers: [this.address('PLAIN')], logLevel: logLevel.NOTHING }).admin();
  }

  /** Every value of a topic as text, in order, by Kafka's own consumer. */
  async values(topic: string): Promise<string[]> {
    const values: string[] = [];
    await runJava({ main: 'Dump', arguments: [this.address('PLAIN'), topic] }, (line) => {
      values.push(Buffer.from(line.split(' ')[4]!.slice(1), 'hex').toString());
    });
    return values;
  }

  async dispose(): Promise<void> {
    for (const proxy of this.#proxies.values()) await proxy.close();
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      await new Promise((resolve) => {
        child.once('exit', resolve);
        child.kill('SIGKILL');
      });
    }
    this.kdc?.stop();
    await this.issuer.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #startOnFreePorts(): Promise<void> {
    const path = join(this.folder, 'server.properties');
    for (let attempt = 1; ; attempt++) {
      const [controllerPort = 0, ...ports] = await freePorts(1 + LISTENERS.length + PROXIED.length);
      const proxyPorts = new Map<ListenerName, number>(
        PROXIED.map((name, index) => [name, ports[LISTENERS.length + index]!]),
      );
      LISTENERS.forEach(({ name }, index) => this.#ports.set(name, ports[index]!));
      const { folder, pki, issuer, kdc } = this;
      writeFileSync(
        path,
        brokerProperties({ folder, pki, issuer, kdc, controllerPort, ports: this.#ports, proxyPorts }),
      );
      if (attempt === 1) await this.#format(path);
      try {
        await this.#launch(path);
        for (const [name, port] of proxyPorts) {
          this.#proxies.set(name, await FrameProxy.start(this.#ports.get(name)!, { port }));
        }
        return;
      } catch (error) {
        if (attempt === START_ATTEMPTS_MAX || !String(error).includes('Address already in use')) throw error;
      }
    }
  }

  async #format(path: string): Promise<void> {
    const user = `name=${USER},password=${PASSWORD}`;
    const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((name) => ['--add-scram', `${name}=[${user}]`]);
    const format = ['format', '-t', CLUSTER_ID, '-c', path, ...users];
    await runJava({ main: 'kafka.tools.StorageTool', arguments: format }, () => undefined);
  }

  async #launch(path: string): Promise<void> {
    const kerberos = this.kdc === undefined ? [] : [`-Djava.security.krb5.conf=${this.kdc.path('krb5.conf')}`];
    writeFileSync(join(this.folder, 'old-tls.security'), OLD_TLS);
    const oldTls = `-Djava.security.properties=${join(this.folder, 'old-tls.security')}`;
    const jvm = ['-Xmx512m', oldTls, STARTED_LOGGER, `${ALLOWED_URLS}=${this.issuer.url}/jwks`, ...kerberos];
    const child = startJava({ jvm, main: 'kafka.Kafka', arguments: [path] });
    this.#child = child;
    const log: string[] = [];
    await new Promise<void>((resolve, reject) => {
      for (const stream of [child.stdout!, child.stderr!]) {
        createInterface({ input: stream }).on('line', (line) => {
          log.push(line);
          if (log.length > 50) log.shift();
          if (line.includes('Kafka Server started')) resolve();
        });
      }
      child.once('error', reject);
      child.once('close', (status) => {
        reject(new Error(`Kafka ended with ${status ?? 'a signal'} before it had started:\n${log.join('\n')}`));
      });
    });
  }
}
