/** The v3 model: outputs are in function.json, and a function sets them as context.bindings.name or returns them. */
import { join } from 'node:path';
import { ConfigError } from '../binding/config-error.ts';
import { outputsOf, readJsonObject } from '../binding/json-files.ts';
import type { InvocationNotes, KafkaOutputs, SetValue } from './outputs.ts';
import { type BindingProperties, isKafkaOutput, RETURN_NAME, type V3ContextLike } from './runtime.ts';

type Handler = (...inputs: never[]) => unknown;

const FUNCTION_FILE = 'function.json';

/** The bindings of function.json do not change while the process lives. */
const folders = new Map<string, readonly BindingProperties[]>();

export function isV3Context(value: unknown): value is V3ContextLike {
  return typeof value === 'object' && value !== null && 'bindings' in value && typeof value.bindings === 'object';
}

/** @param given the bindings, for who has no function.json beside the function */
export async function runV3(
  outputs: KafkaOutputs,
  given: readonly BindingProperties[] | undefined,
  handler: Handler,
  inputs: readonly [V3ContextLike, ...unknown[]],
): Promise<unknown> {
  const [context] = inputs;
  const bindings = given?.filter(isKafkaOutput) ?? bindingsOf(context);
  const result = await ending(handler, inputs);
  const { values, rest } = takeValues(context, bindings, result);
  await outputs.deliver(values, notesOf(context));
  return rest;
}

/** How the function ends: by its promise, or, when it has none, by context.done() or by sending its response. */
function ending(handler: Handler, inputs: readonly [V3ContextLike, ...unknown[]]): Promise<unknown> {
  const [context] = inputs;
  return new Promise((resolve, reject) => {
    const done = (error?: unknown, result?: unknown): void => {
      if (error === undefined || error === null) resolve(result);
      else reject(error instanceof Error ? error : new Error('the function ended with an error', { cause: error }));
    };
    context.done = done;
    // The response that the library makes keeps the first done() for itself.
    const { res } = context;
    if (typeof res === 'object' && res !== null && '_done' in res) res._done = done;
    const returned: unknown = (handler as (...all: unknown[]) => unknown)(...inputs);
    if (isThenable(returned)) returned.then(resolve, reject);
  });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** The values, and what the function returned without them. */
function takeValues(
  context: V3ContextLike,
  bindings: readonly BindingProperties[],
  result: unknown,
): { values: SetValue[]; rest: unknown } {
  const values: SetValue[] = [];
  let rest = result;
  for (const properties of bindings) {
    const name = String(properties['name']);
    if (name === RETURN_NAME) {
      values.push({ properties, name, value: rest });
      rest = undefined;
      continue;
    }
    let value = context.bindings[name];
    // An object that a function returns names its outputs, and what it names goes before context.bindings.
    const returned = asObject(rest);
    if (returned?.[name] !== undefined) {
      const { [name]: own, ...others } = returned;
      value = own;
      rest = Object.keys(others).length === 0 ? undefined : others;
    }
    context.bindings[name] = undefined;
    values.push({ properties, name, value });
  }
  return { values, rest };
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

function bindingsOf(context: V3ContextLike): readonly BindingProperties[] {
  const folder = context.executionContext?.functionDirectory;
  if (folder === undefined) {
    const message = 'bindings: the context does not say where function.json is; give the option bindings';
    throw new ConfigError([{ property: 'bindings', code: 'missing', message }]);
  }
  let bindings = folders.get(folder);
  if (bindings === undefined) {
    bindings = outputsOf(readJsonObject(join(folder, FUNCTION_FILE)));
    folders.set(folder, bindings);
  }
  return bindings;
}

function notesOf(context: V3ContextLike): InvocationNotes {
  return {
    functionName: context.executionContext?.functionName ?? 'unknown',
    warn: (text) => {
      context.log?.warn?.(`kafka-hotpath: ${text}`);
    },
  };
}
