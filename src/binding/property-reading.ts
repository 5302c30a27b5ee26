/** The first pass over a configuration: each property for itself. What they mean together is in config-rules.ts. */
import type { ConfigProblem, ConfigProblemCode } from './config-error.ts';
import { adviceFor, findProperty } from './property-names.ts';
import { PROPERTIES } from './properties.ts';
import type { PropertySpec, PropertyValue } from './property-spec.ts';
import { allowedValues, parseValue } from './property-values.ts';
import { describeGot, isSecretSetting, quoted } from './secret.ts';
import { resolveText, type Settings } from './settings.ts';

export interface ReadProperty {
  readonly spec: PropertySpec;
  readonly value: PropertyValue;
  /** False when it is the default. */
  readonly set: boolean;
  readonly settings: readonly string[];
}

export interface PropertyReading {
  /** By the name of the table; a property without value, default or fault is absent. */
  readonly values: Map<string, ReadProperty>;
  /** Properties with a problem of their own; rules about several properties leave them alone. */
  readonly faulty: Set<string>;
  readonly problems: ConfigProblem[];
  readonly notes: string[];
  readonly warnings: string[];
}

/** @param defaults a profile's, before those of the table */
export function readProperties(
  properties: unknown,
  settings: Settings,
  defaults: Readonly<Record<string, PropertyValue>> = {},
): PropertyReading {
  const reading: PropertyReading = { values: new Map(), faulty: new Set(), problems: [], notes: [], warnings: [] };
  for (const [spec, raw] of writtenProperties(properties, reading)) readOne(spec, raw, settings, reading);
  for (const spec of PROPERTIES) {
    if (reading.values.has(spec.name) || reading.faulty.has(spec.name)) continue;
    if (spec.required) fault(reading, spec, 'missing', `is missing; allowed: ${allowedValues(spec)}`);
    else {
      const value = defaults[spec.name] ?? spec.default;
      if (value !== undefined) reading.values.set(spec.name, { spec, value, set: false, settings: [] });
    }
  }
  return reading;
}

/** Another default for a property; false when it is written, and keeps what is written. */
export function useDefault(reading: PropertyReading, name: string, value: PropertyValue): boolean {
  const spec = PROPERTIES.find((candidate) => candidate.name === name);
  if (spec === undefined || reading.faulty.has(name) || reading.values.get(name)?.set === true) return false;
  reading.values.set(name, { spec, value, set: false, settings: [] });
  return true;
}

function fault(reading: PropertyReading, spec: PropertySpec, code: ConfigProblemCode, what: string): void {
  reading.faulty.add(spec.name);
  reading.problems.push({ property: spec.name, code, message: `${spec.name}: ${what}` });
}

/** The known properties that have a value; unknown and repeated names become problems. */
function writtenProperties(properties: unknown, reading: PropertyReading): Map<PropertySpec, unknown> {
  const written = new Map<PropertySpec, unknown>();
  const refuse = (property: string, code: ConfigProblemCode, message: string): void => {
    reading.problems.push({ property, code, message });
  };
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties)) {
    const got = describeGot(properties, { secret: true });
    refuse('(configuration)', 'source', `the configuration must be an object of properties; got ${got}`);
    // Nothing was written, so nothing is missing either: one problem says it all.
    for (const spec of PROPERTIES) reading.faulty.add(spec.name);
    return written;
  }
  for (const key of Object.keys(properties)) {
    const spec = findProperty(key);
    if (spec === undefined) {
      refuse(key, 'unknown', `${quoted(key)} is not a property of the binding: ${adviceFor(key)}`);
      continue;
    }
    const value = readOwn(properties as Readonly<Record<string, unknown>>, key);
    // Workers write null for what was not given.
    if (value === undefined || value === null) continue;
    if (written.has(spec) && written.get(spec) !== value) {
      fault(reading, spec, 'duplicate', 'is given twice with different values; keep one spelling of it');
    }
    written.set(spec, value);
  }
  return written;
}

/** A getter that throws gives a value that no property takes; its error is not shown, it may hold anything. */
function readOwn(properties: Readonly<Record<string, unknown>>, key: string): unknown {
  try {
    return properties[key];
  } catch {
    return Symbol('unreadable');
  }
}

function readOne(spec: PropertySpec, raw: unknown, settings: Settings, reading: PropertyReading): void {
  const resolved = typeof raw === 'string' && spec.resolves ? resolveText(raw, settings) : undefined;
  if (resolved !== undefined && resolved.missing.length > 0) {
    const names = resolved.missing.map((name) => quoted(`%${name}%`)).join(', ');
    const one = resolved.missing.length === 1;
    fault(
      reading,
      spec,
      'setting',
      `refers to ${names}, but there is no such setting; define ${one ? 'it' : 'them'} in the environment or the ` +
        'settings given, or write the value itself',
    );
    return;
  }
  const used = resolved?.from ?? [];
  const value = resolved?.text ?? raw;
  // An empty text means the same as leaving the property out.
  if (spec.kind === 'text' && typeof value === 'string' && value.trim() === '') return;
  const parsed = parseValue(used.some(isSecretSetting) ? { ...spec, secret: true } : spec, value);
  if (!parsed.ok) {
    reading.faulty.add(spec.name);
    reading.problems.push({ property: spec.name, code: parsed.code, message: parsed.message });
    return;
  }
  explain(spec, raw, resolved?.looksMissing === true, used, reading);
  reading.values.set(spec.name, { spec, value: parsed.value, set: true, settings: used });
}

function explain(
  spec: PropertySpec,
  raw: unknown,
  looksMissing: boolean,
  used: readonly string[],
  reading: PropertyReading,
): void {
  if (spec.ignored !== undefined) reading.warnings.push(`${spec.name}: has no effect on an output; ${spec.ignored}`);
  if (looksMissing) {
    const shown = spec.secret ? 'the text given' : describeGot(raw, { secret: false });
    reading.warnings.push(
      `${spec.name}: ${shown} reads like the name of a setting, but there is no such setting; it is used as it stands`,
    );
  }
  // A whole text that happens to be the name of a setting is replaced by it, as the Azure host does; say so.
  if (used.length > 0 && typeof raw === 'string' && !raw.includes('%')) {
    reading.notes.push(`${spec.name}: taken from the setting ${used.map(quoted).join(', ')}`);
  }
}
