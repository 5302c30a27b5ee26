/** Runs one function as the worker does: arguments, hooks, the function, hooks, Kafka outputs, response. */
import { randomUUID } from 'node:crypto';
import { deliverInvocation, watchOverwriting } from '../azure-functions/invocation.ts';
import type { KafkaOutputs } from '../azure-functions/outputs.ts';
import type { InvocationContextLike } from '../azure-functions/runtime.ts';
import type {
  CoreInvocationContext,
  InvocationModel,
  InvocationResponse,
  RetryContext,
  TypedData,
} from './core-api.ts';
import type { RegisteredFunction, Worker } from './worker.ts';

export interface Input {
  /** The name of the trigger's binding. */
  readonly name: string;
  readonly data: TypedData;
  readonly retryContext?: RetryContext | undefined;
}

export class Invoker {
  readonly #worker: Worker;
  readonly #outputs: KafkaOutputs;
  readonly #running = new Set<Promise<unknown>>();

  constructor(worker: Worker, outputs: KafkaOutputs) {
    this.#worker = worker;
    this.#outputs = outputs;
  }

  get runningCount(): number {
    return this.#running.size;
  }

  /** Rejects with what the function or a hook threw, or with the error of a delivery. */
  async invoke(registered: RegisteredFunction, input: Input): Promise<InvocationResponse> {
    const running = this.#invoke(registered, input);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  async #invoke(registered: RegisteredFunction, input: Input): Promise<InvocationResponse> {
    const { metadata, callback } = registered;
    const worker = this.#worker;
    const core = this.#coreContext(metadata, input);
    const invocation = this.#modelOf(registered, core);
    const { context, inputs } = await invocation.getArguments();
    const hookData = {};
    // A function of the v3 model has delivered when it ends: its outputs are in its context, not in the library's.
    const v4Context = registered.model === undefined ? (context as InvocationContextLike) : undefined;
    if (v4Context !== undefined) watchOverwriting(this.#outputs, v4Context);
    core.state = 'preInvocationHooks';
    const before = { hookData, invocationContext: context, inputs, functionCallback: callback };
    await worker.runHooks('preInvocation', before);
    core.state = 'invocation';
    const after: Record<string, unknown> = { ...before, result: undefined, error: undefined };
    try {
      after['result'] = await invocation.invokeFunction(context, before.inputs, before.functionCallback);
    } catch (error) {
      after['error'] = error;
    }
    core.state = 'postInvocationHooks';
    await worker.runHooks('postInvocation', after);
    if (after['error'] !== undefined && after['error'] !== null) throw after['error'] as Error;
    if (v4Context === undefined) return invocation.getResponse(context, after['result']);
    // Last, so that a hook of the app may still change what goes out, or send it itself.
    const result = await deliverInvocation(this.#outputs, v4Context, after['result']);
    return invocation.getResponse(context, result);
  }

  #coreContext(metadata: CoreInvocationContext['metadata'], given: Input): CoreInvocationContext {
    const invocationId = randomUUID();
    const { retryContext, ...input } = given;
    return {
      invocationId,
      metadata,
      request: { invocationId, inputData: [input], triggerMetadata: {}, ...(retryContext && { retryContext }) },
      state: 'invocation',
      log: (level, category, message) => {
        this.#worker.log({ level, category, message, functionName: metadata.name });
      },
    };
  }

  #modelOf(registered: RegisteredFunction, core: CoreInvocationContext): InvocationModel {
    const model = registered.model ?? this.#worker.model;
    if (model === undefined) throw new Error('the app has registered functions without @azure/functions');
    return model.getInvocationModel(core);
  }

  /** Resolves when no function runs any more; new ones may not be started meanwhile. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#running);
  }
}
