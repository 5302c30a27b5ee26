/** Finds and loads the files of an app: `main` of its package.json, which may be a pattern as in Azure. */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError } from '../binding/config-error.ts';
import { readJsonObject } from '../binding/json-files.ts';
import { KafkaHotpathError } from '../errors.ts';

const PACKAGE_FILE = 'package.json';
const HOST_FILE = 'host.json';
/** As Azure has it when host.json says nothing. */
const ROUTE_PREFIX = 'api';

function problem(property: string, message: string): ConfigError {
  return new ConfigError([{ property, code: 'source', message }], 'the app');
}

export interface LoadOptions {
  /** The app has functions in folders: then "main" may be missing, as `npm init` leaves one that names no file. */
  readonly hasFolders: boolean;
}

/** Loading registers the functions. @throws ConfigError when there is nothing to load */
export async function loadMain(folder: string, { hasFolders }: LoadOptions): Promise<void> {
  const manifest = join(folder, PACKAGE_FILE);
  if (hasFolders && !existsSync(manifest)) return;
  const { main } = readJsonObject(manifest);
  const isNamed = typeof main === 'string' && main !== '';
  const files = isNamed ? filesOf(folder, main) : [];
  if (files.length === 0 && hasFolders) return;
  if (!isNamed) throw problem('main', `${manifest}: "main" must name the files that register functions`);
  if (files.length === 0) throw problem('main', `main: no file in ${folder} fits "${main}"; is the app built?`);
  for (const file of files) {
    try {
      await import(pathToFileURL(resolve(folder, file)).href);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new KafkaHotpathError('ERR_CONFIG', `${file} of the app cannot be loaded: ${reason}`, { cause: error });
    }
  }
}

/** The files that fit, by name, so that every start registers in the same order. */
function filesOf(folder: string, main: string): string[] {
  const wanted = main.replace(/^\.\//, '');
  if (!/[*?{]/.test(wanted)) return existsSync(join(folder, wanted)) ? [wanted] : [];
  const pattern = patternOf(wanted);
  return filesUnder(folder, '')
    .filter((path) => pattern.test(path))
    .sort();
}

function filesUnder(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesUnder(root, path);
    return [path];
  });
}

/** `*` and `?` stay within a folder, `**` crosses folders, `{a,b}` is either. */
export function patternOf(glob: string): RegExp {
  let depth = 0;
  const source = glob.replace(/\*\*\/|\*\*|[*?{},]|[.+^$()|[\]\\]/g, (part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    if (part === '{') return depth++ >= 0 ? '(?:' : part;
    if (part === '}') return depth-- > 0 ? ')' : '\\}';
    if (part === ',') return depth > 0 ? '|' : ',';
    return `\\${part}`;
  });
  return new RegExp(`^${source}$`);
}

/** What stands before every route, without slashes at its ends. */
export function routePrefixOf(folder: string): string {
  const path = join(folder, HOST_FILE);
  if (!existsSync(path)) return ROUTE_PREFIX;
  const extensions = objectIn(readJsonObject(path), 'extensions');
  const prefix =
    objectIn(objectIn(extensions, 'http'), 'http')['routePrefix'] ?? objectIn(extensions, 'http')['routePrefix'];
  return typeof prefix === 'string' ? prefix.replace(/^\/+|\/+$/g, '') : ROUTE_PREFIX;
}

function objectIn(parent: Record<string, unknown>, name: string): Record<string, unknown> {
  const value = parent[name];
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
