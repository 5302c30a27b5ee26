/** The host: loads an app, serves its triggers, delivers its Kafka outputs, and ends in order. */
import { KafkaOutputs, type KafkaOutputsOptions } from '../azure-functions/outputs.ts';
import { withKafkaOutput } from '../azure-functions/wrap.ts';
import { environmentSettings, openSettings, resolveText } from '../binding/settings.ts';
import { KafkaHotpathError } from '../errors.ts';
import { loadMain, routePrefixOf } from './app-files.ts';
import { refuseOtherBindings, triggerOf, type TriggerKind } from './bindings.ts';
import { type Clock, systemClock } from './clock.ts';
import type { InvocationResponse, TypedData } from './core-api.ts';
import { Schedule } from './cron.ts';
import { functionFoldersOf, readFunctionFolders } from './function-folders.ts';
import { HttpServer } from './http-server.ts';
import { Invoker } from './invoker.ts';
import { Retries, retryPolicyOf } from './retry.ts';
import { Routes } from './routes.ts';
import { type Timer, Timers } from './timers.ts';
import { v3Model } from './v3-model.ts';
import { type LogHandler, type RegisteredFunction, Worker } from './worker.ts';

export interface HostOptions extends KafkaOutputsOptions {
  /** The folder of the app: the one with host.json and package.json. */
  app: string;
  /** On the loopback address; 0, the default, is any free one. */
  port?: number;
  /** What functions log, and what the host has to say. Default: nobody listens. */
  onLog?: LogHandler;
  /** Default 104 857 600, as in Azure. */
  bodyBytesMax?: number;
  /** What running functions may take when the host ends, before their deliveries are given up. Default 10 000. */
  drainTimeoutMs?: number;
  /** The time of timer triggers. Default: the system's, in UTC. */
  clock?: Clock;
}

export interface HostedFunction {
  readonly name: string;
  readonly trigger: TriggerKind;
  /** "GET,POST /api/orders", or the schedule of a timer; empty for manual triggers. */
  readonly detail: string;
}

const BODY_BYTES_MAX = 104_857_600;
const DRAIN_TIMEOUT_MS = 10_000;

/**
 * One app a process: @azure/functions registers with the worker of its process, once.
 * @throws ConfigError for an app that cannot be loaded or has bindings that are not served here
 */
export async function startHost(options: HostOptions): Promise<Host> {
  const host = new Host(options);
  await host.start();
  return host;
}

export class Host {
  readonly #options: HostOptions;
  readonly #worker: Worker;
  readonly #outputs: KafkaOutputs;
  readonly #invoker: Invoker;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #retries: Retries;
  readonly #scheduled = new Map<string, Timer>();
  readonly #functions: HostedFunction[] = [];
  #server: HttpServer | undefined;
  #address = '';
  #closing: Promise<void> | undefined;

  constructor(options: HostOptions) {
    this.#options = options;
    this.#worker = new Worker(options.onLog ?? (() => undefined));
    this.#outputs = new KafkaOutputs({ functionFolder: options.app, ...options });
    this.#invoker = new Invoker(this.#worker, this.#outputs);
    this.#clock = options.clock ?? systemClock;
    this.#timers = new Timers(this.#clock, (timer, data) => this.#fire(timer, data));
    this.#retries = new Retries(this.#clock);
  }

  /** "http://127.0.0.1:7071" */
  get address(): string {
    return this.#address;
  }

  get functions(): readonly HostedFunction[] {
    return this.#functions;
  }

  async start(): Promise<void> {
    const { app, port = 0, bodyBytesMax = BODY_BYTES_MAX } = this.#options;
    await this.#load(app);
    const functions = [...this.#worker.functions.values()];
    if (functions.length === 0) throw new KafkaHotpathError('ERR_CONFIG', `the app in ${app} has no functions`);
    refuseOtherBindings(functions.map(({ metadata }) => metadata));
    await this.#refuseStreaming();
    const routes = this.#serve(functions);
    await this.#worker.runHooks('appStart', { hookData: {} });
    this.#server = new HttpServer({
      routes,
      bodyBytesMax,
      invoke: (target, data) => this.#invoke(target, data),
      invokeByHand: (name, input) => this.invoke(name, input),
    });
    this.#address = await this.#server.listen(port);
    for (const timer of this.#scheduled.values()) this.#timers.start(timer);
  }

  /** Functions that the app's main registers, or those in its folders: as in Azure, an app has one model. */
  async #load(app: string): Promise<void> {
    const folders = functionFoldersOf(app);
    await loadMain(app, { hasFolders: folders.length > 0 });
    if (folders.length === 0) return;
    const [registered] = this.#worker.functions.keys();
    if (registered !== undefined) {
      const message =
        `the app registers functions, as ${registered}, and has folders with a function.json, as ` +
        `${folders[0] ?? ''}; an app has one or the other`;
      throw new KafkaHotpathError('ERR_CONFIG', message);
    }
    const functions = readFunctionFolders(app, openSettings(this.#settings));
    refuseOtherBindings(functions.map(({ metadata }) => metadata));
    for (const { metadata, load } of functions) {
      const bindings = Object.values(metadata.bindings);
      const delivering = withKafkaOutput(await load(), { outputs: this.#outputs, bindings });
      this.#worker.registerFunction(metadata, delivering, v3Model);
    }
  }

  /** With streams, requests would have to reach the library by a server of its own. */
  async #refuseStreaming(): Promise<void> {
    const capabilities = await this.#worker.model?.getCapabilities?.({});
    if (capabilities?.['HttpUri'] === undefined) return;
    throw new KafkaHotpathError('ERR_CONFIG', 'the app sets enableHttpStream, which is not served here');
  }

  #serve(functions: readonly RegisteredFunction[]): Routes<RegisteredFunction> {
    const routes = new Routes<RegisteredFunction>();
    const prefix = routePrefixOf(this.#options.app);
    for (const registered of functions) {
      const { name } = registered.metadata;
      const { kind, binding } = triggerOf(registered.metadata);
      let detail = '';
      const policy = retryPolicyOf(name, registered.metadata.retryOptions);
      if (kind === 'http') {
        if (policy !== undefined)
          this.#warn(name, 'its retry policy is not followed: HTTP triggers have none in Azure');
        const route = `${prefix}/${typeof binding['route'] === 'string' ? binding['route'] : name}`;
        const methods = (binding['methods'] as string[] | undefined) ?? ['GET', 'POST'];
        routes.add(route, methods, registered);
        detail = `${methods.join(',')} /${route.replace(/^\/+/, '')}`;
      } else if (kind === 'timer') {
        detail = resolveText(String(binding['schedule']), openSettings(this.#settings)).text;
        const runOnStartup = binding['runOnStartup'] === true;
        this.#scheduled.set(name, { functionName: name, schedule: new Schedule(detail), runOnStartup });
      }
      this.#functions.push({ name, trigger: kind, detail });
    }
    return routes;
  }

  #warn(functionName: string, message: string): void {
    this.#worker.log({ level: 'warning', category: 'system', message, functionName });
  }

  get #settings(): NonNullable<HostOptions['settings']> {
    return this.#options.settings ?? environmentSettings();
  }

  /** Starts a manual or timer function by hand. False when there is none of that name; rejects when it fails. */
  async invoke(name: string, input?: unknown): Promise<boolean> {
    const wanted = name.toLowerCase();
    const registered = [...this.#worker.functions.values()].find(
      ({ metadata }) => metadata.name.toLowerCase() === wanted,
    );
    if (registered === undefined) return false;
    const timer = this.#scheduled.get(registered.metadata.name);
    if (timer === undefined && triggerOf(registered.metadata).kind === 'http') return false;
    await this.#invoke(registered, timer === undefined ? manualData(input) : this.#timers.dataOf(timer));
    return true;
  }

  #invoke(registered: RegisteredFunction, data: TypedData): Promise<InvocationResponse> {
    const { metadata } = registered;
    const { kind, name } = triggerOf(metadata);
    const policy = kind === 'http' ? undefined : retryPolicyOf(metadata.name, metadata.retryOptions);
    return this.#retries.run(policy, async (retryContext) => {
      try {
        return await this.#invoker.invoke(registered, { name, data, retryContext });
      } catch (error) {
        const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
        this.#worker.log({ level: 'error', category: 'system', message, functionName: metadata.name });
        throw error;
      }
    });
  }

  async #fire(timer: Timer, data: TypedData): Promise<void> {
    const registered = this.#worker.functions.get(timer.functionName);
    // A failure is in the log already, and the next time comes all the same.
    if (registered !== undefined) await this.#invoke(registered, data).catch(() => undefined);
  }

  /** Takes nothing new, waits for running functions and their deliveries, runs appTerminate hooks, disconnects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#timers.stop();
    this.#retries.stop();
    const answered = this.#server?.close();
    const drained = Promise.all([answered, this.#invoker.idle()]);
    const { drainTimeoutMs = DRAIN_TIMEOUT_MS } = this.#options;
    await new Promise<void>((resolve) => {
      const callOff = this.#clock.after(drainTimeoutMs, resolve);
      void drained.then(() => {
        callOff();
        resolve();
      });
    });
    try {
      await this.#worker.runHooks('appTerminate', { hookData: {} });
    } finally {
      await this.#outputs.close();
      this.#server?.abort();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function manualData(input: unknown): TypedData {
  return typeof input === 'string' ? { string: input } : { json: JSON.stringify(input ?? null) };
}
