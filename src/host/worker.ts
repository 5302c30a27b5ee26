/** The functions and hooks of the app that runs in this process, and how @azure/functions comes to register them. */
import Module from 'node:module';
import {
  type CoreApi,
  type FunctionCallback,
  type FunctionMetadata,
  type HookCallback,
  type ProgrammingModel,
  Registration,
} from './core-api.ts';

export interface LogEntry {
  readonly level: string;
  /** user: the function's own words; system: the library's or the host's. */
  readonly category: string;
  readonly message: string;
  /** Undefined outside an invocation. */
  readonly functionName?: string;
}

export type LogHandler = (entry: LogEntry) => void;

export interface RegisteredFunction {
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
  /** Undefined for what @azure/functions has registered, which brings its own. */
  readonly model?: ProgrammingModel;
}

const CORE_MODULE = '@azure/functions-core';
/** Of the worker and of the host whose interface this is; @azure/functions compares them with what it needs. */
const WORKER_VERSION = '3.12.0';
const HOST_VERSION = '4.1037.0';

/** @azure/functions sets its model once in its life, which is longer than that of a worker. */
let model: ProgrammingModel | undefined;
let current: Worker | undefined;
let isPatched = false;

export class Worker {
  readonly functions = new Map<string, RegisteredFunction>();
  readonly #hooks = new Map<string, HookCallback[]>();
  readonly #log: LogHandler;

  /** From here on @azure/functions registers with this worker. */
  constructor(log: LogHandler) {
    this.#log = log;
    patchLoading();
    makeCurrent(this);
  }

  get model(): ProgrammingModel | undefined {
    return model;
  }

  log(entry: LogEntry): void {
    this.#log(entry);
  }

  registerFunction(metadata: FunctionMetadata, callback: FunctionCallback, model?: ProgrammingModel): Registration {
    const { name } = metadata;
    if (this.functions.has(name)) throw new RangeError(`a function with the name "${name}" is registered already`);
    this.functions.set(name, { metadata, callback, ...(model && { model }) });
    return new Registration(() => this.functions.delete(name));
  }

  registerHook(name: string, callback: HookCallback): Registration {
    const hooks = this.#hooks.get(name) ?? [];
    hooks.push(callback);
    this.#hooks.set(name, hooks);
    return new Registration(() => {
      this.#hooks.set(
        name,
        (this.#hooks.get(name) ?? []).filter((other) => other !== callback),
      );
    });
  }

  /** One after the other, in the order they were registered. */
  async runHooks(name: string, context: Record<string, unknown>): Promise<void> {
    for (const hook of this.#hooks.get(name) ?? []) await hook(context);
  }
}

function makeCurrent(given: Worker): void {
  current = given;
}

function worker(): Worker {
  if (current === undefined) throw new Error('no app is being loaded');
  return current;
}

const api: CoreApi = {
  version: WORKER_VERSION,
  hostVersion: HOST_VERSION,
  Disposable: Registration,
  registerFunction: (metadata, callback) => worker().registerFunction(metadata, callback),
  registerHook: (name, callback) => worker().registerHook(name, callback),
  setProgrammingModel: (given) => {
    model = given;
  },
  getProgrammingModel: () => model,
  log: (level, category, message) => {
    worker().log({ level, category, message });
  },
};

type Load = (request: string, ...others: unknown[]) => unknown;

/** Node 20 has no public way to provide a module that does not exist: registerHooks came with 22.15. */
function patchLoading(): void {
  if (isPatched) return;
  isPatched = true;
  const loader = Module as unknown as { _load: Load };
  const load = loader._load;
  loader._load = function (this: unknown, request, ...others) {
    return request === CORE_MODULE ? api : load.call(this, request, ...others);
  };
}
