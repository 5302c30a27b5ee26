/** Takes the Kafka values out of an invocation of the v4 model, so that nobody else sends them, and delivers them. */
import { definedOutputs } from './definition.ts';
import type { InvocationNotes, KafkaOutputs, SetValue } from './outputs.ts';
import { type BindingProperties, type InvocationContextLike, isKafkaOutput, RETURN_NAME } from './runtime.ts';

/** The returned value of the function, without what was for Kafka. Rejects as KafkaOutputs.deliver does. */
export async function deliverInvocation(
  outputs: KafkaOutputs,
  context: InvocationContextLike,
  result: unknown,
): Promise<unknown> {
  const values = takeOutputs(context);
  const returned = context.options.return;
  const isReturned = returned !== undefined && isKafkaOutput(returned);
  if (isReturned) values.push({ properties: returned, name: RETURN_NAME, value: result });
  await outputs.deliver(values, notesOf(context));
  return isReturned ? undefined : result;
}

/** Clears each value it takes: what is still there after the function is for the host and its own extensions. */
function takeOutputs(context: InvocationContextLike): SetValue[] {
  const values: SetValue[] = [];
  for (const [name, properties] of kafkaOutputsOf(context)) {
    const value = context.extraOutputs.get(name);
    if (value === undefined) continue;
    context.extraOutputs.set(name, undefined);
    values.push({ properties, name, value });
  }
  return values;
}

/** Those that the function declares, and of those that the program defines the ones it has no other output for. */
function* kafkaOutputsOf(context: InvocationContextLike): Generator<[string, BindingProperties]> {
  const declared = new Set<string>();
  for (const binding of context.options.extraOutputs ?? []) {
    const name = String(binding['name']);
    declared.add(name);
    if (isKafkaOutput(binding)) yield [name, binding];
  }
  for (const [name, definition] of definedOutputs()) if (!declared.has(name)) yield [name, definition];
}

/**
 * The runtime keeps only the last value that is set on an output, without a word; samples in the documentation of Azure
 * set two and lose one. The value stays the last one, as the runtime has it, and the log says so once.
 */
export function watchOverwriting(outputs: KafkaOutputs, context: InvocationContextLike): void {
  const { extraOutputs } = context;
  const set = extraOutputs.set.bind(extraOutputs);
  extraOutputs.set = (output, value) => {
    const name = typeof output === 'string' ? output : output.name;
    const previous = extraOutputs.get(name);
    if (previous !== undefined && previous !== null && value !== undefined) {
      for (const [known] of kafkaOutputsOf(context)) if (known === name) warnOfOverwriting(outputs, context, name);
    }
    set(output, value);
  };
}

function warnOfOverwriting(outputs: KafkaOutputs, context: InvocationContextLike, name: string): void {
  outputs.warnOnce(
    `function ${context.functionName} set output ${name} twice in one invocation: only the last value is sent; ` +
      'set an array to send several messages',
    notesOf(context),
  );
}

function notesOf(context: InvocationContextLike): InvocationNotes {
  return {
    functionName: context.functionName,
    warn: (text) => {
      context.warn(`kafka-hotpath: ${text}`);
    },
  };
}
