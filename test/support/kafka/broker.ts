/**
 * A real Kafka for tests: one KRaft node in its own process and its own folder. It is ready when it says so in its log,
 * never after a while; it can be killed like a machine that loses power and started again on the same data and ports.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Kafka, logLevel } from 'kafkajs';
import { runJava, startJava } from './install.ts';
import { freePorts } from './ports.ts';

const STARTED = 'Kafka Server started';
const PORT_TAKEN = 'Address already in use';
const START_ATTEMPTS_MAX = 5;
/** Any 22 characters of base64url; one cluster, so always the same. */
const CLUSTER_ID = 'kafkaHotpathTestBroker';
/** The logger that writes the line we wait for. */
const STARTED_LOGGER = '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info';

/**
 * For suites that kill the broker: a node that comes back is refused until the session of its former self has ended,
 * 9 s by default. Not for the others, because a busy machine may miss a short session.
 */
export const QUICK_RESTART = { 'broker.session.timeout.ms': '2000', 'broker.heartbeat.interval.ms': '300' };

export interface TopicOptions {
  partitions: number;
  configEntries?: { name: string; value: string }[];
}

export interface BrokerOptions {
  /** Run as Kafka's own script runs it: slower to start, and what a figure has to be measured against. */
  isServer?: boolean;
}

export class RealKafka {
  readonly folder: string;
  readonly #properties: Readonly<Record<string, string>>;
  readonly #isServer: boolean;
  #port = 0;
  #child: ChildProcess | undefined;

  private constructor(properties: Readonly<Record<string, string>>, { isServer = false }: BrokerOptions) {
    this.folder = mkdtempSync(join(tmpdir(), 'kafka-hotpath-broker-'));
    this.#properties = properties;
    this.#isServer = isServer;
  }

  /** Formats a fresh folder and starts a broker in it. */
  static async start(
    properties: Readonly<Record<string, string>> = {},
    options: BrokerOptions = {},
  ): Promise<RealKafka> {
    const kafka = new RealKafka(properties, options);
    try {
      await kafka.#startOnFreePorts();
    } catch (error) {
      await kafka.dispose();
      throw error;
    }
    return kafka;
  }

  /** host:port for brokerList. */
  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Ends the process with SIGKILL, as a power cut would; the data stays. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Asks the process to end and waits until it has; the data stays. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Starts again on the same data and the same ports. */
  async restart(): Promise<void> {
    await this.#end('SIGTERM');
    await this.#launch();
  }

  /** Ends the process and removes its data. */
  async dispose(): Promise<void> {
    await this.#end('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  async createTopic(topic: string, { partitions, configEntries = [] }: TopicOptions): Promise<void> {
    const admin = new Kafka({ brokers: [this.address], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }], waitForLeaders: true });
    await admin.disconnect();
  }

  /** Paths of the topic's log segments, all partitions. */
  logSegments(topic: string): string[] {
    const data = join(this.folder, 'data');
    return readdirSync(data)
      .filter((name) => name.replace(/-\d+$/, '') === topic)
      .flatMap((name) => readdirSync(join(data, name)).map((file) => join(data, name, file)))
      .filter((path) => path.endsWith('.log'));
  }

  async #startOnFreePorts(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const [port = 0, controllerPort = 0] = await freePorts(2);
      this.#port = port;
      writeFileSync(this.#propertiesPath, this.#propertiesText(controllerPort));
      if (attempt === 1) await this.#format();
      try {
        await this.#launch();
        return;
      } catch (error) {
        // Somebody took a port between our look and the broker's bind.
        if (attempt === START_ATTEMPTS_MAX || !String(error).includes(PORT_TAKEN)) throw error;
      }
    }
  }

  get #propertiesPath(): string {
    return join(this.folder, 'server.properties');
  }

  #propertiesText(controllerPort: number): string {
    const properties: Record<string, string> = {
      'process.roles': 'broker,controller',
      'node.id': '1',
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      'controller.listener.names': 'CONTROLLER',
      'inter.broker.listener.name': 'PLAIN',
      listeners: `CONTROLLER://127.0.0.1:${controllerPort},PLAIN://127.0.0.1:${this.#port}`,
      'advertised.listeners': `PLAIN://127.0.0.1:${this.#port}`,
      'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAIN:PLAINTEXT',
      'log.dirs': join(this.folder, 'data'),
      'auto.create.topics.enable': 'false',
      'offsets.topic.num.partitions': '1',
      'offsets.topic.replication.factor': '1',
      'transaction.state.log.replication.factor': '1',
      'transaction.state.log.min.isr': '1',
      // Tests send timestamps of years ago, which the default of a week would delete under their hands.
      'log.retention.ms': '-1',
      // The cleaner would take 128 MiB for work that no test needs.
      'log.cleaner.enable': 'false',
      'group.initial.rebalance.delay.ms': '0',
      ...this.#properties,
    };
    return Object.entries(properties)
      .map(([name, value]) => `${name}=${value}\n`)
      .join('');
  }

  async #format(): Promise<void> {
    const format = ['format', '-t', CLUSTER_ID, '-c', this.#propertiesPath];
    await runJava({ main: 'kafka.tools.StorageTool', arguments: format }, () => undefined);
  }

  async #launch(): Promise<void> {
    const child = startJava({
      jvm: [...(this.#isServer ? [] : ['-Xmx384m']), STARTED_LOGGER],
      isServer: this.#isServer,
      main: 'kafka.Kafka',
      arguments: [this.#propertiesPath],
    });
    this.#child = child;
    const log: string[] = [];
    await new Promise<void>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        if (stream === null) continue;
        createInterface({ input: stream }).on('line', (line) => {
          log.push(line);
          if (log.length > 50) log.shift();
          if (line.includes(STARTED)) resolve();
        });
      }
      child.once('error', reject);
      child.once('close', (status) => {
        reject(new Error(`Kafka ended with ${status ?? 'a signal'} before it had started:\n${log.join('\n')}`));
      });
    });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      child.once('exit', () => {
        resolve();
      });
      child.kill(signal);
    });
  }
}
