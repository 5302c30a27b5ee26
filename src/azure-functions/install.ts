/** Hooks into @azure/functions 4: after each invocation its Kafka values are delivered before the host sees its end. */
import { deliverInvocation, watchOverwriting } from './invocation.ts';
import { KafkaOutputs, type KafkaOutputsOptions } from './outputs.ts';
import type { FunctionsApp } from './runtime.ts';

const installed = new WeakMap<FunctionsApp, KafkaOutputs>();

/**
 * Takes over every Kafka output of the app: those of kafkaOutput(), and those declared with type "kafka". An invocation
 * ends after its messages have their reports, and fails with the delivery error when they could not be delivered. Once
 * an app: later calls return the outputs of the first.
 */
export function installKafkaOutputs(app: FunctionsApp, options: KafkaOutputsOptions = {}): KafkaOutputs {
  const known = installed.get(app);
  if (known !== undefined) return known;
  const outputs = new KafkaOutputs(options);
  installed.set(app, outputs);
  app.hook.preInvocation(({ invocationContext }) => {
    watchOverwriting(outputs, invocationContext);
  });
  app.hook.postInvocation(async (ending) => {
    if (ending.error !== undefined && ending.error !== null) return;
    try {
      ending.result = await deliverInvocation(outputs, ending.invocationContext, ending.result);
    } catch (error) {
      // As the function's own failure, which later hooks get to see too: a throw here would keep it from them.
      ending.error = error;
    }
  });
  app.hook.appTerminate(() => outputs.close());
  return outputs;
}
