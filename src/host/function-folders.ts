/** Apps of the v3 model: each function is a folder, with a function.json that says what it is bound to. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type ConfigProblem, ConfigError } from '../binding/config-error.ts';
import { readJsonObject } from '../binding/json-files.ts';
import type { Settings } from '../binding/settings.ts';
import { KafkaHotpathError } from '../errors.ts';
import type { BindingInfo, FunctionCallback, FunctionMetadata } from './core-api.ts';

export interface FolderFunction {
  readonly metadata: FunctionMetadata;
  /** Runs its script. @throws ConfigError with the function's name */
  readonly load: () => Promise<FunctionCallback>;
}

const FUNCTION_FILE = 'function.json';
const SCRIPTS = ['index.js', 'index.mjs', 'index.cjs', 'run.js'];
const SCRIPT_ENDING = /^\.[cm]?js$/;
/** An HTTP trigger that names no methods takes them all. */
const ALL_METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'];

export function functionFoldersOf(app: string): string[] {
  const entries = existsSync(app) ? readdirSync(app, { withFileTypes: true }) : [];
  return entries
    .filter((entry) => entry.isDirectory() && existsSync(join(app, entry.name, FUNCTION_FILE)))
    .map(({ name }) => name)
    .sort();
}

/** Those that are not disabled; nothing of theirs has run yet. @throws ConfigError with the function's name */
export function readFunctionFolders(app: string, settings: Settings): FolderFunction[] {
  const functions: FolderFunction[] = [];
  for (const name of functionFoldersOf(app)) {
    const directory = join(app, name);
    const definition = readJsonObject(join(directory, FUNCTION_FILE));
    if (isDisabled(name, definition['disabled'], settings)) continue;
    const metadata = { name, directory, bindings: bindingsOf(name, definition), retryOptions: definition['retry'] };
    functions.push({ metadata, load: () => loadScript(name, directory, definition) });
  }
  return functions;
}

/** In Azure both ways of switching a function off lead here: its own file, and a setting of the app. */
function isDisabled(name: string, disabled: unknown, settings: Settings): boolean {
  const isOn = (text: string | undefined): boolean => /^(true|1)$/i.test(text ?? '');
  if (isOn(settings.find(`AzureWebJobs.${name}.Disabled`)?.value)) return true;
  return disabled === true || (typeof disabled === 'string' && isOn(settings.find(disabled)?.value));
}

function bindingsOf(functionName: string, { bindings }: Record<string, unknown>): Record<string, BindingInfo> {
  if (!Array.isArray(bindings)) throw fault(functionName, 'bindings', 'its function.json has no array "bindings"');
  const byName: Record<string, BindingInfo> = {};
  for (const binding of bindings as unknown[]) {
    if (typeof binding !== 'object' || binding === null)
      throw fault(functionName, 'bindings', 'a binding is no object');
    const info = binding as BindingInfo;
    const { name, type } = info;
    if (typeof name !== 'string' || name === '') throw fault(functionName, 'name', 'a binding has no name');
    if (Object.hasOwn(byName, name)) throw fault(functionName, name, `two of its bindings are named ${name}`);
    byName[name] = String(type).toLowerCase() === 'httptrigger' ? { methods: ALL_METHODS, ...info } : info;
  }
  return byName;
}

async function loadScript(
  name: string,
  directory: string,
  { scriptFile, entryPoint }: Record<string, unknown>,
): Promise<FunctionCallback> {
  const path = scriptPathOf(name, directory, scriptFile);
  let loaded: unknown;
  try {
    const namespace = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
    loaded = isModule(path) ? namespace : namespace['default'];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KafkaHotpathError('ERR_CONFIG', `${name}: ${path} cannot be loaded: ${reason}`, { cause: error });
  }
  const callback = entryOf(loaded, typeof entryPoint === 'string' && entryPoint !== '' ? entryPoint : undefined);
  if (callback !== undefined) return callback;
  const wanted = typeof entryPoint === 'string' ? `no function ${entryPoint}` : 'no function, or several';
  throw fault(name, 'entryPoint', `${path} exports ${wanted}; name the one to run as entryPoint`);
}

function scriptPathOf(name: string, directory: string, scriptFile: unknown): string {
  if (typeof scriptFile === 'string' && scriptFile !== '') {
    const path = join(directory, scriptFile);
    if (existsSync(path)) return path;
    throw fault(name, 'scriptFile', `scriptFile: there is no ${path}; is the app built?`);
  }
  const files = readdirSync(directory).filter((file) => SCRIPT_ENDING.test(extname(file)));
  const only = files.length === 1 ? files[0] : SCRIPTS.find((file) => files.includes(file));
  if (only !== undefined) return join(directory, only);
  throw fault(name, 'scriptFile', `its folder has none of ${SCRIPTS.join(', ')}, and function.json no scriptFile`);
}

/** Whether Node takes the file for an ECMAScript module, whose exports are a namespace. */
function isModule(path: string): boolean {
  const ending = extname(path);
  if (ending !== '.js') return ending === '.mjs';
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest)) return readJsonObject(manifest)['type'] === 'module';
    if (folder === dirname(folder)) return false;
  }
}

/** The export to run, with the module as `this`: the one that is named, the only one, `run` or `index`. */
function entryOf(loaded: unknown, entryPoint: string | undefined): FunctionCallback | undefined {
  if (typeof loaded === 'function' && entryPoint === undefined) return loaded as FunctionCallback;
  if (loaded === null || (typeof loaded !== 'object' && typeof loaded !== 'function')) return undefined;
  const exported = loaded as Record<string, unknown>;
  const names = Object.keys(exported);
  const name =
    entryPoint ?? (names.length === 1 ? names[0] : ['default', 'run', 'index'].find((n) => names.includes(n)));
  const entry = name === undefined ? undefined : exported[name];
  return typeof entry === 'function' ? (entry.bind(exported) as FunctionCallback) : undefined;
}

function fault(functionName: string, property: string, what: string): ConfigError {
  const problem: ConfigProblem = { property, code: 'source', message: `${functionName}: ${what}` };
  return new ConfigError([problem], 'the app');
}
