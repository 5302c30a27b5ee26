/**
 * The Functions worker as far as these tests need it: real @azure/functions registers here, and an invocation goes the
 * way the worker takes it. It is not the host of this package, which would deliver by itself what a hook forgot.
 */
import { app } from '@azure/functions';
import type {
  CoreInvocationContext,
  FunctionCallback,
  FunctionMetadata,
  InvocationResponse,
  ProgrammingModel,
  TypedData,
} from '../../src/host/core-api.ts';
import { type LogEntry, Worker } from '../../src/host/worker.ts';

export interface Outcome {
  response: InvocationResponse | undefined;
  error: unknown;
}

export const logged: LogEntry[] = [];
export const worker = new Worker((entry) => logged.push(entry));

/** What @azure/functions 4 or 3 has made of itself known with. */
export function modelOf(name: string): ProgrammingModel {
  const { model } = worker;
  if (model === undefined) throw new Error(`no model is set for ${name}`);
  return model;
}

export const HTTP_INPUT: TypedData = { http: { method: 'GET', url: 'http://localhost/api/f', headers: {} } };

let invocationCount = 0;

/** Hooks, function, hooks, response, in the order of the real worker. */
export async function invokeFunction(
  model: ProgrammingModel,
  function_: { metadata: FunctionMetadata; callback: FunctionCallback },
  data: TypedData,
): Promise<Outcome> {
  const { metadata, callback } = function_;
  const [trigger = ''] = Object.entries(metadata.bindings).flatMap(([name, { type }]) =>
    /trigger$/i.test(String(type)) ? [name] : [],
  );
  const invocationId = String(++invocationCount);
  const core: CoreInvocationContext = {
    invocationId,
    metadata,
    request: { invocationId, inputData: [{ name: trigger, data }], triggerMetadata: {} },
    state: 'invocation',
    log: (level, category, message) => {
      worker.log({ level, category, message, functionName: metadata.name });
    },
  };
  try {
    const invocation = model.getInvocationModel(core);
    const { context, inputs } = await invocation.getArguments();
    const before = { hookData: {}, invocationContext: context, inputs, functionCallback: callback };
    await worker.runHooks('preInvocation', before);
    const after: Record<string, unknown> = { ...before, result: null, error: null };
    try {
      after['result'] = await invocation.invokeFunction(context, before.inputs, before.functionCallback);
    } catch (error) {
      after['error'] = error;
    }
    await worker.runHooks('postInvocation', after);
    if (after['error'] !== null) throw after['error'] as Error;
    return { response: await invocation.getResponse(context, after['result']), error: undefined };
  } catch (error) {
    return { response: undefined, error };
  }
}

export function invoke(name: string, data: TypedData = HTTP_INPUT): Promise<Outcome> {
  const registered = worker.functions.get(name);
  if (registered === undefined) throw new Error(`no function ${name}`);
  return invokeFunction(modelOf(name), registered, data);
}

export { app };
