/** Runs one function as the worker does: arguments, hooks, the function, hooks, Kafka outputs, response. */
import { randomUUID } from 'node:crypto';
import { deliverInvocation, watchOverwriting } from '../azure-functions/invocation.ts';
import type { KafkaOutputs } from '../azure-functions/outputs.ts';
import type { InvocationContextLike } from '../azure-functions/runtime.ts';
import type { CoreInvocationContext, InvocationModel, InvocationResponse, TypedData } from './core-api.ts';
import type { RegisteredFunction, Worker } from './worker.ts';

export interface Input {
  /** The name of the trigger's binding. */
  readonly name: string;
  readonly data: TypedData;
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

  async #invoke({ metadata, callback }: RegisteredFunction, input: Input): Promise<InvocationResponse> {
    const worker = this.#worker;
    const core = this.#coreContext(metadata, input);
    const invocation = this.#modelOf(core);
    const { context, inputs } = await invocation.getArguments();
    const functionContext = context as InvocationContextLike;
    const hookData = {};
    watchOverwriting(this.#outputs, functionContext);
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
    // Last, so that a hook of the app may still change what goes out, or send it itself.
    const result = await deliverInvocation(this.#outputs, functionContext, after['result']);
    return invocation.getResponse(context, result);
  }

  #coreContext(metadata: CoreInvocationContext['metadata'], input: Input): CoreInvocationContext {
    const invocationId = randomUUID();
    return {
      invocationId,
      metadata,
      request: { invocationId, inputData: [input], triggerMetadata: {} },
      state: 'invocation',
      log: (level, category, message) => {
        this.#worker.log({ level, category, message, functionName: metadata.name });
      },
    };
  }

  #modelOf(core: CoreInvocationContext): InvocationModel {
    const { model } = this.#worker;
    if (model === undefined) throw new Error('the app has registered functions without @azure/functions');
    return model.getInvocationModel(core);
  }

  /** Resolves when no function runs any more; new ones may not be started meanwhile. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#running);
  }
}
