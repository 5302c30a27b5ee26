/**
 * The v3 programming model, which in Azure is a part of the worker and not of the app: a function gets a context with
 * bindings, and ends by its promise, by context.done() or by sending its response.
 */
import { randomUUID } from 'node:crypto';
import { format } from 'node:util';
import type {
  BindingInfo,
  CoreInvocationContext,
  InvocationModel,
  InvocationResponse,
  ProgrammingModel,
  TypedData,
} from './core-api.ts';
import { V3Request, valueOf } from './v3-request.ts';
import { httpDataOf, isUntouched, typedDataOf, V3Response } from './v3-response.ts';

export interface V3Context {
  readonly invocationId: string;
  readonly executionContext: object;
  readonly traceContext: object;
  readonly bindingDefinitions: readonly object[];
  readonly bindings: Record<string, unknown>;
  readonly bindingData: Record<string, unknown>;
  readonly log: unknown;
  req?: V3Request;
  res?: unknown;
  done: (error?: unknown, result?: unknown) => void;
}

export const v3Model: ProgrammingModel = {
  name: 'kafka-hotpath/host',
  version: '3',
  getInvocationModel: (core) => new V3Invocation(core),
};

class V3Invocation implements InvocationModel {
  readonly #core: CoreInvocationContext;

  constructor(core: CoreInvocationContext) {
    this.#core = core;
  }

  getArguments(): Promise<{ context: V3Context; inputs: unknown[] }> {
    const { inputData } = this.#core.request;
    const context = contextOf(this.#core);
    const inputs = inputData.map(({ name, data }) => {
      const input = inputOf(data, this.#core.metadata.bindings[name]);
      context.bindings[name] = input;
      return input;
    });
    const request = inputs.find((input) => input instanceof V3Request);
    if (request !== undefined) addHttp(context, request, this.#core.metadata.name);
    return Promise.resolve({ context, inputs });
  }

  /** What runs here has been wrapped, and ends by its promise alone. */
  invokeFunction(context: unknown, inputs: unknown[], run: (...all: unknown[]) => unknown): Promise<unknown> {
    return run(context, ...inputs) as Promise<unknown>;
  }

  getResponse(context: unknown, result: unknown): Promise<InvocationResponse> {
    const { bindings, res } = context as V3Context;
    const outputs = Object.entries(this.#core.metadata.bindings).filter(([, { direction }]) => !isIn(direction));
    const http = outputs.find(([, { type }]) => String(type).toLowerCase() === 'http')?.[0];
    const byName = typeof result === 'object' && result !== null ? (result as Record<string, unknown>) : {};
    if (http === undefined) {
      const isNothing = result === undefined || result === null;
      return Promise.resolve(isNothing ? {} : { returnValue: typedDataOf(result) });
    }
    // What is returned goes before what was set, and a binding of its own before context.res.
    const returned = http === '$return' ? result || undefined : byName[http];
    const response = returned ?? bindings[http] ?? (isUntouched(res) ? undefined : res);
    return Promise.resolve(response === undefined ? {} : { returnValue: { http: httpDataOf(response) } });
  }
}

function isIn(direction: unknown): boolean {
  return String(direction).toLowerCase() === 'in';
}

function inputOf(data: TypedData, binding: BindingInfo | undefined): unknown {
  if (data.http !== undefined) return new V3Request(data.http);
  const text = data.string ?? data.json;
  const value = text === undefined ? data.bytes && Buffer.from(data.bytes) : valueOf(text);
  return String(binding?.['type']).toLowerCase() === 'timertrigger' ? camelCased(value) : value;
}

/** The host's names begin with a capital, a v3 function's with a small letter. */
function camelCased(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name.charAt(0).toLowerCase() + name.slice(1), camelCased(inner)]),
  );
}

function contextOf(core: CoreInvocationContext): V3Context {
  const { invocationId, metadata, request } = core;
  const { name, directory, bindings } = metadata;
  const logAs = (level: string) => {
    return (...words: unknown[]): void => {
      core.log(level, 'user', format(...words));
    };
  };
  const levels = { error: logAs('error'), warn: logAs('warning'), info: logAs('information'), verbose: logAs('trace') };
  return {
    invocationId,
    executionContext: {
      invocationId,
      functionName: name,
      functionDirectory: directory,
      retryContext: request.retryContext,
    },
    traceContext: {},
    bindingDefinitions: Object.entries(bindings).map(([bindingName, { type, direction }]) => {
      return { name: bindingName, type: type ?? '', direction };
    }),
    bindings: {},
    bindingData: { invocationId },
    log: Object.assign(logAs('information'), levels),
    // Whoever runs the function puts the real end here.
    done: () => undefined,
  };
}

function addHttp(context: V3Context, request: V3Request, functionName: string): void {
  context.req = request;
  context.res = new V3Response(() => {
    context.done();
  });
  const { query, headers, params } = request;
  const sys = { methodName: functionName, utcNow: new Date().toISOString(), randGuid: randomUUID() };
  const values = Object.fromEntries(Object.entries(params).map(([name, text]) => [name, valueOf(text)]));
  Object.assign(context.bindingData, { ...values, sys, query: { ...query }, headers: { ...headers } });
}
