/** Understands one written value by its row of the table: a value, or what is wrong with it. */
import type { ConfigProblemCode } from './config-error.ts';
import type { Choice, PropertySpec, PropertyValue } from './property-spec.ts';
import { describeGot } from './secret.ts';

export type ParsedValue =
  | { readonly ok: true; readonly value: PropertyValue; readonly choice: Choice | undefined }
  | { readonly ok: false; readonly code: ConfigProblemCode; readonly message: string };

/** The form of integer that a settings file or a Python decorator writes: digits, no exponent, no fraction. */
const INTEGER_TEXT = /^\s*[+-]?\d{1,16}\s*$/;

export function parseValue(spec: PropertySpec, raw: unknown): ParsedValue {
  switch (spec.kind) {
    case 'text':
      return parseText(spec, raw);
    case 'integer':
      return parseInteger(spec, raw);
    case 'boolean':
      return parseBoolean(spec, raw);
    case 'choice':
      return parseChoice(spec, raw);
  }
}

/** The values a property takes, in words. */
export function allowedValues(spec: PropertySpec): string {
  switch (spec.kind) {
    case 'text':
      return 'a text';
    case 'boolean':
      return 'true or false';
    case 'choice':
      return (spec.choices ?? []).map((choice) => choice.name).join(', ');
    case 'integer':
      return spec.name === 'maxMessageBytes'
        ? '1–999 (megabytes of 1 000 000 bytes) or 1 000–1 000 000 000 (bytes)'
        : `an integer from ${grouped(spec.min ?? 0)} to ${grouped(spec.max ?? 0)}${spec.unit ? ` (${spec.unit})` : ''}`;
  }
}

/** Thousands set apart by spaces. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ' ');
}

function good(value: PropertyValue, choice?: Choice): ParsedValue {
  return { ok: true, value, choice };
}

function bad(spec: PropertySpec, code: ConfigProblemCode, raw: unknown): ParsedValue {
  const got = describeGot(raw, { secret: spec.secret === true });
  const hint =
    typeof raw === 'string' && raw.includes('%') && spec.resolves !== true
      ? '; settings (%NAME%) are not looked up for this property'
      : '';
  return { ok: false, code, message: `${spec.name}: got ${got}; allowed: ${allowedValues(spec)}${hint}` };
}

/** A number or a boolean is taken by its text, as the host's converter does. */
function parseText(spec: PropertySpec, raw: unknown): ParsedValue {
  if (typeof raw === 'string') return good(raw);
  if (typeof raw === 'boolean' || (typeof raw === 'number' && Number.isFinite(raw))) return good(String(raw));
  return bad(spec, 'type', raw);
}

function parseInteger(spec: PropertySpec, raw: unknown): ParsedValue {
  const value = typeof raw === 'string' && INTEGER_TEXT.test(raw) ? Number(raw) : raw;
  if (typeof value !== 'number') return bad(spec, 'type', raw);
  if (!Number.isInteger(value)) return bad(spec, 'type', raw);
  if (value < (spec.min ?? -Infinity) || value > (spec.max ?? Infinity)) return bad(spec, 'range', raw);
  // −0 would print as 0 and compare as 0; it is 0.
  return good(value + 0);
}

function parseBoolean(spec: PropertySpec, raw: unknown): ParsedValue {
  const value = typeof raw === 'string' ? raw.trim().toLowerCase() : raw;
  if (value === true || value === 'true') return good(true);
  if (value === false || value === 'false') return good(false);
  return bad(spec, 'type', raw);
}

/** Any letter case; `_`, `-` and spaces do not count; the number of the extension's enum, also as text. */
function parseChoice(spec: PropertySpec, raw: unknown): ParsedValue {
  const choices = spec.choices ?? [];
  let found: Choice | undefined;
  if (typeof raw === 'number') found = choices.find((choice) => choice.number === raw);
  else if (typeof raw === 'string' && INTEGER_TEXT.test(raw)) {
    found = choices.find((choice) => choice.number === Number(raw));
  } else if (typeof raw === 'string') {
    const word = raw.replace(/[_\-\s]/g, '').toLowerCase();
    found = choices.find((choice) => choice.name.toLowerCase() === word);
  } else return bad(spec, 'type', raw);
  return found === undefined ? bad(spec, 'choice', raw) : good(found.name, found);
}
