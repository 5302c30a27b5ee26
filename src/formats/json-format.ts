/** JSON by a JSON Schema: the text of the value, checked by a hook where there is one. */
import { pathStep } from '../avro/fault.ts';
import { KafkaHotpathError, ValueError } from '../errors.ts';
import { concatenated, type EncodedGroup, type ValueFormat } from './value-format.ts';

/**
 * Checks a value as it is sent, that is after JSON.parse of its text. False, a text that says why, or an error that is
 * thrown refuses the message; anything else takes it. Of an error only `instancePath` and `message` are looked at, and
 * of a function with `errors` (as ajv's are) those of the first.
 */
export type ValidateHook = ((value: unknown) => unknown) & { readonly errors?: unknown };

const REASON_CHARACTERS_MAX = 200;
const JSON_OPENERS: ReadonlySet<string> = new Set(['{', '[']);

export class JsonFormat implements ValueFormat {
  readonly schemaType = 'JSON';
  readonly schema: string;
  readonly recordName: string | undefined;
  readonly takesBytes = false;
  readonly #isText: boolean;
  readonly #validate: ValidateHook | undefined;

  /** Throws ERR_JSON_SCHEMA. */
  constructor(schema: string, { validate }: { validate?: ValidateHook | undefined } = {}) {
    const { title, type } = fieldsOf(schema);
    this.schema = schema;
    this.recordName = typeof title === 'string' && title !== '' ? title : undefined;
    this.#isText = type === 'string' || (Array.isArray(type) && type.includes('string'));
    this.#validate = validate;
  }

  /** As for Avro, the schema decides: where it says it has texts, only what opens with a brace or bracket is JSON. */
  isJson(text: string): boolean {
    return !this.#isText || JSON_OPENERS.has(text.trimStart().charAt(0));
  }

  encodeGroup(values: readonly unknown[]): EncodedGroup {
    return concatenated(values.map((value) => this.encode(value)));
  }

  encodeJsonGroup(texts: readonly string[]): EncodedGroup {
    return concatenated(texts.map((text) => this.encodeJson(text)));
  }

  encode(value: unknown): Uint8Array {
    const text = jsonOf(value);
    if (this.#validate !== undefined) check(this.#validate, JSON.parse(text));
    return Buffer.from(text);
  }

  /** The text goes as it is, numbers and spaces included. */
  encodeJson(text: string): Uint8Array {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw refusal(`got a text of ${text.length} characters that is not JSON`);
    }
    if (this.#validate !== undefined) check(this.#validate, value);
    return Buffer.from(text);
  }
}

function fieldsOf(schema: string): { title?: unknown; type?: unknown } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(schema);
  } catch (error) {
    throw new KafkaHotpathError('ERR_JSON_SCHEMA', 'the JSON Schema is not JSON', { cause: error });
  }
  if (typeof parsed === 'boolean') return {};
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  throw new KafkaHotpathError('ERR_JSON_SCHEMA', 'a JSON Schema is an object, true or false; got something else');
}

/** Its declaration leaves out that there may be none. */
const stringify: (value: unknown) => string | undefined = JSON.stringify;

function jsonOf(value: unknown): string {
  let text: string | undefined;
  try {
    text = stringify(value);
  } catch (error) {
    // JSON.stringify trips over a bigint, a cycle, depth, or a getter of the caller.
    throw new ValueError('ERR_JSON_VALUE', '$', 'cannot be written as JSON: a bigint, or a value inside itself?', {
      cause: error,
    });
  }
  if (text === undefined) throw refusal(`got a ${typeof value}, which has no JSON`);
  return text;
}

function check(validate: ValidateHook, value: unknown): void {
  let verdict: unknown;
  let fault: unknown;
  try {
    verdict = validate(value);
    if (verdict === false) fault = Array.isArray(validate.errors) ? validate.errors[0] : undefined;
  } catch (error) {
    verdict = false;
    fault = error;
  }
  if (typeof verdict === 'string') throw refusal(reasonOf(verdict));
  if (verdict !== false) return;
  const { instancePath, message } = (typeof fault === 'object' && fault !== null ? fault : {}) as Record<
    string,
    unknown
  >;
  throw refusal(reasonOf(message), pathOf(instancePath));
}

function reasonOf(words: unknown): string {
  const text = typeof words === 'string' ? words.replace(/[\p{Cc}\s]+/gu, ' ').slice(0, REASON_CHARACTERS_MAX) : '';
  return text === '' ? 'the hook validate refused it' : `the hook validate refused it: ${text}`;
}

/** A JSON pointer, as our own paths are: /lines/3/price is $.lines[3].price. */
function pathOf(pointer: unknown): string {
  if (typeof pointer !== 'string' || !pointer.startsWith('/')) return '$';
  const steps = pointer.slice(1).split('/');
  const names = steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return `$${names.map((name) => pathStep(/^\d+$/.test(name) ? Number(name) : name)).join('')}`;
}

function refusal(reason: string, path = '$'): ValueError {
  return new ValueError('ERR_JSON_VALUE', path, reason);
}
