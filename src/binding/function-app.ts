/** Finds the Kafka outputs of a folder of functions: one folder a function, each with its function.json. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileProblem, outputsOf, readBindingFile, readJsonObject } from './json-files.ts';

const FUNCTION_FILE = 'function.json';

export interface AppBinding {
  readonly functionName: string;
  readonly properties: Record<string, unknown>;
}

/** The Kafka outputs of every function, in the order of the functions' names. @throws ConfigError */
export function readApp(folder: string): AppBinding[] {
  return functionNames(folder).flatMap((functionName) =>
    outputsOf(readJsonObject(join(folder, functionName, FUNCTION_FILE))).map((properties) => ({
      functionName,
      properties,
    })),
  );
}

/**
 * The Kafka output of one function (`function`, or `function#name` when it has several), or without a reference the
 * only one of the app. @throws ConfigError
 */
export function readAppBinding(folder: string, reference?: string): Record<string, unknown> {
  if (reference !== undefined) {
    const [functionName = '', name] = reference.split('#');
    const names = functionNames(folder);
    if (!names.includes(functionName)) {
      throw fileProblem(folder, `has no function ${functionName}; there are: ${names.join(', ') || 'none'}`);
    }
    const path = join(folder, functionName, FUNCTION_FILE);
    return readBindingFile(name === undefined ? path : `${path}#${name}`);
  }
  const bindings = readApp(folder);
  const [only] = bindings;
  if (only === undefined) throw fileProblem(folder, 'no function in it has a binding of type "kafka", direction "out"');
  if (bindings.length > 1) {
    const references = bindings.map(({ functionName, properties }) => `${functionName}#${String(properties['name'])}`);
    throw fileProblem(folder, `has ${bindings.length} Kafka outputs: name one of ${references.join(', ')}`);
  }
  return only.properties;
}

function functionNames(folder: string): string[] {
  let entries: string[];
  try {
    entries = readdirSync(folder);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reason = code === 'ENOENT' ? 'there is no such folder' : code === 'ENOTDIR' ? 'is no folder' : String(code);
    throw fileProblem(folder, reason);
  }
  return entries.filter((entry) => isFile(join(folder, entry, FUNCTION_FILE))).sort();
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}
