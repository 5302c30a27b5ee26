/** For who wants no hooks: a handler that delivers its own Kafka values. Both programming models. */
import { deliverInvocation } from './invocation.ts';
import { KafkaOutputs } from './outputs.ts';
import type { BindingProperties, InvocationContextLike } from './runtime.ts';
import { isV3Context, runV3 } from './v3.ts';

export interface WithKafkaOutputOptions {
  /** Who delivers. Default: one for all handlers of the process, with the default options. */
  outputs?: KafkaOutputs;
  /** v3 model: the function's bindings. Default: those of its function.json. */
  bindings?: readonly BindingProperties[];
}

let ofTheProcess: KafkaOutputs | undefined;

/**
 * The handler, which ends after its messages have their reports and rejects with the delivery error when they could not
 * be delivered. It takes what the handler takes: (input, context) of the v4 model, or (context, …) of v3, there also
 * with context.done().
 */
export function withKafkaOutput<Inputs extends unknown[], Result>(
  handler: (...inputs: Inputs) => Result,
  options: WithKafkaOutputOptions = {},
): (...inputs: Inputs) => Promise<Awaited<Result>> {
  return async (...inputs): Promise<Awaited<Result>> => {
    const outputs = options.outputs ?? (ofTheProcess ??= new KafkaOutputs());
    const all: unknown[] = inputs;
    const [first, ...others] = all;
    if (isV3Context(first)) {
      return (await runV3(outputs, options.bindings, handler, [first, ...others])) as Awaited<Result>;
    }
    const context = all.at(-1);
    if (!isV4Context(context)) throw new TypeError('withKafkaOutput: the handler was called without a context');
    const result: unknown = await (handler as (...all: unknown[]) => unknown)(...all);
    return (await deliverInvocation(outputs, context, result)) as Awaited<Result>;
  };
}

/** Delivers what handlers without outputs of their own have under way, and disconnects. */
export async function closeKafkaOutputs(): Promise<void> {
  const closing = ofTheProcess;
  ofTheProcess = undefined;
  await closing?.close();
}

function isV4Context(value: unknown): value is InvocationContextLike {
  return typeof value === 'object' && value !== null && 'extraOutputs' in value && 'options' in value;
}
