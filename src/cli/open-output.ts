/** Opens the output of a command, ends the attempt at a signal, and tells what the configuration gave rise to. */
import { openKafkaOutput } from '../binding/kafka-output.ts';
import type { KafkaOutput } from '../binding/output-api.ts';
import { EXIT, InterruptedError } from './exit.ts';
import {
  type BindingOptions,
  type EngineOptions,
  loadBinding,
  type PayloadOptions,
  payloadOptions,
} from './options.ts';
import { describeEvent } from './produce-events.ts';
import type { StopSignal } from './stop-signal.ts';
import type { Notices } from './terminal.ts';

/** @throws InterruptedError when a signal comes first, and what openKafkaOutput throws */
export async function openOutput(
  options: BindingOptions & EngineOptions & PayloadOptions,
  notices: Notices,
  stop: StopSignal,
): Promise<KafkaOutput> {
  const { properties, settings, functionFolder } = loadBinding(options);
  const opening = openKafkaOutput(properties, {
    settings,
    functionFolder,
    ...payloadOptions(options),
    ...(options.engine === undefined ? {} : { engine: options.engine }),
    onEvent: (event) => {
      notices.detail(describeEvent(event));
    },
  });
  const output = await Promise.race([opening, stop.requested.then(() => undefined)]);
  if (output === undefined) return abandon(opening);
  for (const warning of output.config.warnings) notices.say(`warning: ${warning}`);
  for (const note of output.config.notes) notices.detail(`note: ${note}`);
  notices.detail(`engine: ${output.engine.kind} (${output.engine.reason})`);
  return output;
}

/** Interrupted before anything was sent: the connection attempt may take its time, the process does not wait for it. */
function abandon(opening: Promise<KafkaOutput>): never {
  opening.catch(() => undefined);
  // Sockets and timers of the attempt would keep the process alive otherwise; there is nothing to lose yet.
  setImmediate(() => process.exit(EXIT.interrupted));
  throw new InterruptedError();
}
