/** Options that several commands have, and how their words become values. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ConfigOptions } from '../binding/config-options.ts';
import { readAppBinding } from '../binding/function-app.ts';
import { readBindingFile, readSettingsFile } from '../binding/json-files.ts';
import { AZURE_QUIRKS, type AzureQuirk, ENVELOPE_MODES, type EnvelopeMode } from '../binding/payload.ts';
import { environmentSettings, type SettingsInput } from '../binding/settings.ts';
import type { EngineChoice } from '../engine/select.ts';
import { UsageError } from './exit.ts';
import type { TerminalOptions } from './terminal.ts';

export interface BindingOptions extends TerminalOptions {
  readonly binding?: string;
  readonly app?: string;
  readonly settings?: string;
}

/** How values become messages. */
export interface PayloadOptions {
  readonly envelope: EnvelopeMode;
  readonly azureQuirk: readonly AzureQuirk[];
  readonly refuseAll?: boolean;
  readonly strict?: boolean;
}

export interface EngineOptions {
  readonly engine?: EngineChoice;
}

export function addTerminalOptions(command: Command): Command {
  return command
    .option('--json', 'make every line of standard output one JSON object')
    .option('--quiet', 'no progress, no warnings on standard error')
    .option('--verbose', 'more on standard error');
}

export function addBindingOptions(command: Command): Command {
  return command
    .option('--binding <file>', 'function.json, with #name when it has several Kafka outputs')
    .option('--app <folder>', 'a folder of functions; --binding is then a function in it, with #name when needed')
    .option('--settings <file>', 'local.settings.json, by default that of --app; the environment comes first');
}

export function addPayloadOptions(command: Command): Command {
  const addQuirk = (quirk: string, quirks: readonly string[]): readonly string[] => {
    if (!(AZURE_QUIRKS as readonly string[]).includes(quirk)) {
      throw new InvalidArgumentError(`allowed: ${AZURE_QUIRKS.join(', ')}`);
    }
    return [...quirks, quirk];
  };
  return command
    .addOption(
      new Option('--envelope <mode>', 'how envelopes are recognised').choices([...ENVELOPE_MODES]).default('azure'),
    )
    .option('--azure-quirk <name>', 'do this exactly as the Azure extension does; may be repeated', addQuirk, [])
    .option('--refuse-all', 'send nothing of a line when one of its messages cannot be sent')
    .option('--strict', 'refuse what could only be sent changed: NaN, half a surrogate pair');
}

export function payloadOptions(options: PayloadOptions): ConfigOptions {
  return {
    envelope: options.envelope,
    azureQuirks: options.azureQuirk,
    invalidMessages: options.refuseAll === true ? 'refuseAll' : 'skip',
    strict: options.strict === true,
  };
}

export function addEngineOption(command: Command): Command {
  return command.addOption(
    new Option('--engine <engine>', 'which engine frames the messages').choices(['auto', 'wasm', 'typescript']),
  );
}

export interface LoadedBinding {
  readonly properties: Record<string, unknown>;
  readonly settings: SettingsInput;
  readonly functionFolder: string;
}

/** Properties and settings of a command. As with the Azure tools, the environment goes before the file. */
export function loadBinding(options: BindingOptions): LoadedBinding {
  const { app, binding } = options;
  const environment = environmentSettings();
  if (app !== undefined) {
    const own = join(app, 'local.settings.json');
    const file = options.settings ?? (existsSync(own) ? own : undefined);
    const settings = file === undefined ? environment : [environment, readSettingsFile(file)];
    return { properties: readAppBinding(app, binding), settings, functionFolder: app };
  }
  if (binding === undefined) throw new UsageError('give --binding with a function.json, or --app with a folder');
  const settings = options.settings === undefined ? environment : [environment, readSettingsFile(options.settings)];
  return { properties: readBindingFile(binding), settings, functionFolder: functionFolderOf(binding) };
}

/** The folder of the app where the file lies in one, else its own: where relative paths of certificates start. */
function functionFolderOf(binding: string): string {
  const own = dirname(binding);
  return existsSync(join(own, '..', 'host.json')) ? join(own, '..') : own;
}

/** A parser for an option that is a whole number of that range. */
export function integerOption(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^-?\d{1,15}$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`allowed: a whole number from ${min} to ${max}`);
    }
    return value;
  };
}

/** A producer id is a signed 64-bit number. */
export function int64Option(text: string): bigint {
  if (/^-?\d{1,19}$/.test(text)) {
    const value = BigInt(text);
    if (BigInt.asIntN(64, value) === value && value >= -1n) return value;
  }
  throw new InvalidArgumentError('allowed: a whole number from -1 to 9223372036854775807');
}
