/**
 * Reads the files around a function: function.json and local.settings.json. Their editors allow what strict JSON does
 * not, and so does this: comments, trailing commas, a byte order mark, no-break spaces as indentation.
 */
import { readFileSync } from 'node:fs';
import { ConfigError } from './config-error.ts';

/**
 * Strings are matched first so that nothing inside them counts as a comment, a comma or a space. The last part is every
 * kind of space that Newtonsoft's reader skips and JSON does not know.
 */
const LENIENT =
  /"(?:[^"\\]|\\.)*"|\/\/[^\r\n]*|\/\*[^]*?\*\/|,(?=(?:\s|\/\/[^\r\n]*|\/\*[^]*?\*\/)*[\]}])|[^\S \t\r\n]|\u0085/g;

/** Strict JSON of the same meaning and length, so that positions in errors stay right. */
function strictForm(text: string): string {
  return text.replace(LENIENT, (match) => (match.startsWith('"') ? match : match.replace(/[^\r\n]/g, ' ')));
}

/** Throws SyntaxError naming line and column, and nothing of the text itself: it may hold secrets. */
export function parseLenientJson(text: string): unknown {
  const strict = strictForm(text);
  try {
    return JSON.parse(strict) as unknown;
  } catch (error) {
    throw new SyntaxError(`is not JSON${placeOf(error, strict)}`);
  }
}

function placeOf(error: unknown, text: string): string {
  const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
  if (position === undefined) return '';
  const before = text.slice(0, Number(position)).split('\n');
  return ` (line ${before.length}, column ${(before.at(-1) ?? '').length + 1})`;
}

export function fileProblem(path: string, reason: string): ConfigError {
  return new ConfigError([{ property: path, code: 'source', message: `${path}: ${reason}` }], 'a configuration file');
}

export function readJsonObject(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reason = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'is a folder' : String(code);
    throw fileProblem(path, `cannot be read: ${reason}`);
  }
  let value: unknown;
  try {
    value = parseLenientJson(text);
  } catch (error) {
    throw fileProblem(path, (error as Error).message);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw fileProblem(path, 'must hold a JSON object');
  }
  return value as Record<string, unknown>;
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** The settings of a local.settings.json: its Values, and its ConnectionStrings under that name. */
export function readSettingsFile(path: string): Record<string, unknown> {
  const file = readJsonObject(path);
  if (file['IsEncrypted'] === true) {
    throw fileProblem(path, 'is encrypted; decrypt it with `func settings decrypt`');
  }
  const values = asObject(file['Values']);
  if (values === undefined) throw fileProblem(path, 'has no "Values" object; settings belong there');
  const connectionStrings = asObject(file['ConnectionStrings']);
  return connectionStrings === undefined ? { ...values } : { ...values, ConnectionStrings: connectionStrings };
}

/**
 * The properties of the Kafka output binding in a function.json (`path` or `path#name`), in a file with the options of
 * a function as @azure/functions v4 takes them (return, extraOutputs), or in one that holds the properties and nothing
 * else.
 */
export function readBindingFile(reference: string): Record<string, unknown> {
  const hash = reference.lastIndexOf('#');
  const path = hash > 0 ? reference.slice(0, hash) : reference;
  const name = hash > 0 ? reference.slice(hash + 1) : undefined;
  const file = readJsonObject(path);
  if (file['bindings'] !== undefined && !Array.isArray(file['bindings'])) {
    throw fileProblem(path, '"bindings" must be an array');
  }
  const bindings = bindingsOf(file);
  if (bindings !== undefined) return chooseBinding(path, name, bindings);
  if (name !== undefined && file['name'] !== name) throw fileProblem(path, `has no binding named ${name}`);
  return file;
}

/** The Kafka outputs among the bindings of a function. */
export function outputsOf(definition: Record<string, unknown>): Record<string, unknown>[] {
  // An output of @azure/functions v4 has no direction: where it stands says it.
  return (bindingsOf(definition) ?? []).filter(
    (binding) => isKafka(binding) && lowerText(binding['direction']) !== 'in',
  );
}

/** Undefined when the object is no definition of a function. */
function bindingsOf(definition: Record<string, unknown>): Record<string, unknown>[] | undefined {
  const { bindings, return: returned, extraOutputs } = definition;
  const list = Array.isArray(bindings)
    ? (bindings as unknown[])
    : [returned, ...(Array.isArray(extraOutputs) ? (extraOutputs as unknown[]) : [])];
  const found = list.map(asObject).filter((binding) => binding !== undefined);
  return Array.isArray(bindings) || found.length > 0 ? found : undefined;
}

function chooseBinding(
  path: string,
  name: string | undefined,
  bindings: Record<string, unknown>[],
): Record<string, unknown> {
  if (name !== undefined) {
    const named = bindings.find((binding) => binding['name'] === name);
    if (named === undefined) {
      throw fileProblem(path, `has no binding named ${name}; there are: ${bindings.map(nameOf).join(', ') || 'none'}`);
    }
    return named;
  }
  const outputs = outputsOf({ bindings });
  const [only] = outputs;
  if (only === undefined) throw fileProblem(path, 'has no binding of type "kafka" and direction "out"');
  if (outputs.length > 1) {
    throw fileProblem(path, `has ${outputs.length} Kafka outputs: name one, as ${path}#${nameOf(only)}`);
  }
  return only;
}

function isKafka(binding: Record<string, unknown>): boolean {
  return /^kafka(output)?$/.test(lowerText(binding['type']));
}

function lowerText(value: unknown): string {
  return typeof value === 'string' ? value.toLowerCase() : '';
}

function nameOf(binding: Record<string, unknown>): string {
  return typeof binding['name'] === 'string' ? binding['name'] : '(no name)';
}
