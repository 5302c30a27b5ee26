/** Options that several commands have, and how their words become values. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { environmentSettings, type SettingsInput } from '../binding/settings.ts';
import { readBindingFile, readSettingsFile } from '../binding/json-files.ts';
import type { EngineChoice } from '../engine/select.ts';
import type { TerminalOptions } from './terminal.ts';

export interface BindingOptions extends TerminalOptions {
  readonly binding: string;
  readonly settings?: string;
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
    .requiredOption('--binding <file>', 'function.json, with #name when it has several Kafka outputs')
    .option('--settings <file>', 'local.settings.json; the environment comes first');
}

export function addEngineOption(command: Command): Command {
  return command.addOption(
    new Option('--engine <engine>', 'which engine frames the messages').choices(['auto', 'wasm', 'typescript']),
  );
}

/** Properties and settings of a command. As with the Azure tools, the environment goes before the file. */
export function loadBinding(options: BindingOptions): { properties: Record<string, unknown>; settings: SettingsInput } {
  const properties = readBindingFile(options.binding);
  const environment = environmentSettings();
  const settings = options.settings === undefined ? environment : [environment, readSettingsFile(options.settings)];
  return { properties, settings };
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
