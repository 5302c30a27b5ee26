/** `check`: the configuration as it is in force, then each step of the way to the topic. */
import { Command } from 'commander';
import { ConfigError } from '../binding/config-error.ts';
import { type BindingConfig, type EffectiveProperty, resolveConfig } from '../binding/config.ts';
import { type EndingName, ENDINGS } from './check-endings.ts';
import type { CheckStep } from './check-step.ts';
import { EXIT, type Finish } from './exit.ts';
import {
  addBindingOptions,
  addPayloadOptions,
  addTerminalOptions,
  type BindingOptions,
  loadBinding,
  type PayloadOptions,
  payloadOptions,
} from './options.ts';
import { StopSignal } from './stop-signal.ts';
import { table } from './table.ts';
import { LineWriter, Notices } from './terminal.ts';

interface CheckOptions extends BindingOptions, PayloadOptions {
  readonly offline?: boolean;
}

export function checkCommand(finish: Finish): Command {
  const command = new Command('check').description('show the configuration in force, then try each step to the topic');
  addPayloadOptions(addBindingOptions(command)).option('--offline', 'stop before the network');
  return addTerminalOptions(command).action(async (options: CheckOptions) => {
    finish(await check(options));
  });
}

async function check(options: CheckOptions): Promise<number> {
  const writer = new LineWriter(process.stdout);
  const { properties, settings, functionFolder } = loadBinding(options);
  let config: BindingConfig;
  try {
    config = resolveConfig(properties, settings, { functionFolder, ...payloadOptions(options) });
  } catch (error) {
    if (error instanceof ConfigError && options.json === true) {
      for (const problem of error.problems) writer.writeJson({ problem });
      await writer.end();
    }
    throw error;
  }
  showConfig(config, writer, options);
  const ending = options.offline === true ? 'ok' : await tryNetwork(config, writer, options);
  const exitCode = ending === undefined ? EXIT.interrupted : ENDINGS[ending].exitCode;
  if (options.json === true) {
    writer.writeJson({ summary: { ok: exitCode === EXIT.ok, exitCode, ending: ending ?? 'interrupted' } });
  }
  await writer.end();
  return exitCode;
}

function showConfig(config: BindingConfig, writer: LineWriter, options: CheckOptions): void {
  if (options.json === true) {
    for (const { name, ...property } of config.properties) writer.writeJson({ property: name, ...property });
    for (const note of config.notes) writer.writeJson({ note });
    for (const warning of config.warnings) writer.writeJson({ warning });
    return;
  }
  const shown = config.properties.filter(({ value, source }) => value !== null || source === 'set');
  const rows = shown.map((property) => [
    property.name,
    valueText(property),
    sourceText(property),
    property.librdkafka ?? '',
  ]);
  for (const line of table([['property', 'value', 'source', 'librdkafka'], ...rows])) writer.write(line);
  const notices = new Notices(options);
  for (const note of config.notes) notices.say(`note: ${note}`);
  for (const warning of config.warnings) notices.say(`warning: ${warning}`);
}

function valueText({ value, unit }: EffectiveProperty): string {
  return value === null ? '' : `${value}${unit === undefined ? '' : ` ${unit}`}`;
}

function sourceText({ source, settings }: EffectiveProperty): string {
  return settings.length === 0 ? source : `setting ${settings.join(', ')}`;
}

/** Undefined when a signal came first. */
async function tryNetwork(
  config: BindingConfig,
  writer: LineWriter,
  options: CheckOptions,
): Promise<EndingName | undefined> {
  const stop = new StopSignal();
  const { checkSteps } = await import('./check-steps.ts');
  const walk = walkSteps(checkSteps(config), writer, options);
  const ending = await Promise.race([walk, stop.requested.then(() => undefined)]);
  stop.dispose();
  // What is still trying would keep the process waiting.
  if (ending === undefined) setImmediate(() => process.exit(EXIT.interrupted));
  return ending;
}

async function walkSteps(
  steps: AsyncGenerator<CheckStep, EndingName>,
  writer: LineWriter,
  options: CheckOptions,
): Promise<EndingName> {
  if (options.json !== true) writer.write('');
  for (;;) {
    const next = await steps.next();
    if (next.done === true) return next.value;
    const { step, target, ok, ms, detail, hint, code } = next.value;
    if (options.json === true) {
      writer.writeJson({ step, target, ok, ms, detail, hint, code });
      continue;
    }
    const time = `${ms} ms`.padStart(8);
    const said = code === undefined ? detail : `${detail} (${code})`;
    writer.write(`${ok ? 'ok    ' : 'FAILED'} ${step.padEnd(11)} ${target.padEnd(24)} ${time}  ${said}`);
    if (hint !== undefined) writer.write(`       ${hint}`);
  }
}
