/** Which bindings an app may have here. What the host cannot serve is refused at start: a function that never runs, or
 * whose output goes nowhere, would be found out much later. */
import { type ConfigProblem, ConfigError } from '../binding/config-error.ts';
import { isKafkaOutput } from '../azure-functions/runtime.ts';
import type { BindingInfo, FunctionMetadata } from './core-api.ts';

export type TriggerKind = 'http' | 'timer' | 'manual';

export interface Trigger {
  readonly kind: TriggerKind;
  /** The name of its binding. */
  readonly name: string;
  readonly binding: BindingInfo;
}

const TRIGGERS: ReadonlyMap<string, TriggerKind> = new Map([
  ['httptrigger', 'http'],
  ['timertrigger', 'timer'],
  ['manualtrigger', 'manual'],
]);

/** @throws ConfigError that names every binding of another kind */
export function refuseOtherBindings(functions: Iterable<FunctionMetadata>): void {
  const problems: ConfigProblem[] = [];
  for (const { name: functionName, bindings } of functions) {
    for (const [name, binding] of Object.entries(bindings)) {
      if (isServed(binding)) continue;
      const kind = `${String(binding['direction'])} binding ${name} of type "${String(binding['type'])}"`;
      const message =
        `${functionName}: its ${kind} is not served here; ` +
        'there are http, timer and manual triggers, and http and kafka outputs';
      problems.push({ property: name, code: 'unsupported', message });
    }
  }
  if (problems.length > 0) throw new ConfigError(problems, 'the app');
}

function isServed(binding: BindingInfo): boolean {
  if (isOut(binding)) return typeOf(binding) === 'http' || isKafkaOutput(binding);
  return TRIGGERS.has(typeOf(binding));
}

function isOut(binding: BindingInfo): boolean {
  return String(binding['direction']).toLowerCase() === 'out';
}

function typeOf(binding: BindingInfo): string {
  return String(binding['type']).toLowerCase();
}

/** Every function has one: @azure/functions registers none without. */
export function triggerOf({ name: functionName, bindings }: FunctionMetadata): Trigger {
  for (const [name, binding] of Object.entries(bindings)) {
    const kind = TRIGGERS.get(typeOf(binding));
    if (kind !== undefined) return { kind, name, binding };
  }
  const message = `${functionName}: has no trigger`;
  throw new ConfigError([{ property: functionName, code: 'missing', message }], 'the app');
}
