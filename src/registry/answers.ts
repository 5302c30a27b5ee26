/** Reads what a registry answers: the schemas, and its refusals. Nothing in it is trusted to be what it should be. */
import type { ErrorCode } from '../errors.ts';
import type { HttpAnswer } from '../http/http-call.ts';
import { RegistryError } from './registry-error.ts';

/** As the registry names the kinds. */
export type SchemaType = 'AVRO' | 'PROTOBUF' | 'JSON';

export interface RegisteredSchema {
  readonly id: number;
  readonly schema: string;
  readonly schemaType: SchemaType;
  /** How many other schemas it refers to: its text is not all of it then. */
  readonly referenceCount: number;
}

export interface SubjectSchema extends RegisteredSchema {
  readonly version: number;
}

const ID_MAX = 2_147_483_647;
const WORDS_MAX = 300;
const UNKNOWN_SUBJECT = 40401;
/** The form that HTTP dates have today; Date.parse alone takes much that is none. */
const DATE = /^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
/** What could break a line of a log, or change how it is shown. */
const UNSEEN = /[\p{Cc}\p{Cf}\s]+/gu;

type Fields = Readonly<Record<string, unknown>>;

/** @param where for error texts: which registry, what was asked of it */
export function schemaIn({ body }: HttpAnswer, where: string, id: number): RegisteredSchema {
  const fields = fieldsOf(body);
  const schema = fields?.['schema'];
  if (fields === undefined || typeof schema !== 'string') throw unexpected(where, 'a schema');
  const references = fields['references'];
  const referenceCount = Array.isArray(references) ? references.length : 0;
  return { id, schema, schemaType: typeIn(fields, where), referenceCount };
}

export function subjectSchemaIn(answer: HttpAnswer, where: string): SubjectSchema {
  const fields = fieldsOf(answer.body);
  const id = idIn(answer, where);
  const version = fields?.['version'];
  if (typeof version !== 'number' || !Number.isInteger(version)) throw unexpected(where, 'a version');
  return { ...schemaIn(answer, where, id), version };
}

export function idIn({ body }: HttpAnswer, where: string): number {
  const id = fieldsOf(body)?.['id'];
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > ID_MAX) throw unexpected(where, 'an id');
  return id;
}

export function compatibilityIn({ body }: HttpAnswer, where: string): boolean {
  const isCompatible = fieldsOf(body)?.['is_compatible'];
  if (typeof isCompatible !== 'boolean') throw unexpected(where, 'is_compatible');
  return isCompatible;
}

/** Avro is what it is when nothing is said. */
function typeIn(fields: Fields, where: string): SchemaType {
  const type = fields['schemaType'] ?? 'AVRO';
  if (type !== 'AVRO' && type !== 'PROTOBUF' && type !== 'JSON') throw unexpected(where, 'a known schemaType');
  return type;
}

function unexpected(where: string, what: string): RegistryError {
  return new RegistryError(
    `${where}: the answer has not ${what}; is it a Confluent-compatible API? (Apicurio's is /apis/ccompat/v7)`,
    { code: 'ERR_REGISTRY' },
  );
}

/** The error for an answer that is none of 200 to 299. */
export function refusalIn({ status, body }: HttpAnswer, where: string, secrets: readonly string[]): RegistryError {
  const fields = fieldsOf(body);
  const registryCode = typeof fields?.['error_code'] === 'number' ? fields['error_code'] : undefined;
  const words = wordsOf(fields?.['message'], secrets);
  const { code, advice, retriable } = meaningOf(status, registryCode);
  const number = registryCode === undefined || registryCode === status ? '' : `, error ${registryCode}`;
  return new RegistryError(`${where}: answered ${status}${number}${words}${advice}`, {
    code,
    status,
    registryCode,
    retriable,
  });
}

/** Seconds, or a date (RFC 9110 §10.2.3). */
export function retryAfterMsOf({ retryAfter }: HttpAnswer, nowMs: () => number = Date.now): number | undefined {
  if (retryAfter === undefined) return undefined;
  if (/^\d{1,6}$/.test(retryAfter)) return Number(retryAfter) * 1000;
  const atMs = DATE.test(retryAfter) ? Date.parse(retryAfter) : NaN;
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs());
}

interface Meaning {
  readonly code: ErrorCode;
  readonly advice: string;
  readonly retriable?: boolean | undefined;
}

function meaningOf(status: number, registryCode: number | undefined): Meaning {
  if (status === 401 || status === 403) {
    const advice =
      status === 401 ? '; check the credentials of the registry' : '; this user may not do that, ask who runs it';
    return { code: 'ERR_REGISTRY_AUTH', advice };
  }
  // Without one of its own numbers it is a page that is not there, not a schema.
  if (status === 404 && registryCode !== undefined && Math.floor(registryCode / 100) === 404) {
    const advice =
      registryCode === UNKNOWN_SUBJECT
        ? '; check topic and schemaRegistrySubjectNameStrategy; register the schema or set schemaRegistryAutoRegister'
        : '; register the schema or set schemaRegistryAutoRegister';
    return { code: 'ERR_REGISTRY_NOT_FOUND', advice };
  }
  if (status === 409) {
    const advice = '; it breaks the compatibility that the subject asks for, compare it with the version before';
    return { code: 'ERR_REGISTRY_INCOMPATIBLE', advice };
  }
  if (status === 422) return { code: 'ERR_REGISTRY_SCHEMA', advice: '' };
  if (status >= 300 && status < 500 && status !== 408 && status !== 429) {
    const advice = "; check the address and its path (Apicurio's is /apis/ccompat/v7)";
    return { code: 'ERR_REGISTRY', advice };
  }
  return { code: 'ERR_REGISTRY', advice: '', retriable: true };
}

/** The registry's own words on one line, cut, and without what was sent to log in. */
function wordsOf(message: unknown, secrets: readonly string[]): string {
  if (typeof message !== 'string' || message === '') return '';
  let words = message;
  // Before anything in it is changed: a secret with two spaces inside would not be found any more.
  for (const secret of secrets) if (secret !== '') words = words.replaceAll(secret, '[redacted]');
  words = words.replace(UNSEEN, ' ');
  return ` (${words.length > WORDS_MAX ? `${words.slice(0, WORDS_MAX)}…` : words})`;
}

function fieldsOf(body: string): Fields | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as Fields) : undefined;
  } catch {
    return undefined;
  }
}
