/**
 * Application settings: what %NAME% in a property stands for. The rules are those of the Azure host: names in any
 * letter case, `__` for `:`, several and embedded %NAME%, and then one look-up of the whole resulting text.
 */
import { looksLikeSettingName } from './setting-names.ts';

/** An object of settings (nested objects are joined with ":"), the environment, or several: the first that has it. */
export type SettingsInput = Readonly<Record<string, unknown>> | readonly Readonly<Record<string, unknown>>[];

export interface Setting {
  readonly name: string;
  readonly value: string;
}

export interface Settings {
  /** Undefined when no source has it, or only as an empty text. */
  find(name: string): Setting | undefined;
}

export interface ResolvedText {
  readonly text: string;
  /** The settings the text was made of, in the order they were looked up. */
  readonly from: readonly string[];
  /** %NAME%s that no source has. */
  readonly missing: readonly string[];
  /** True when nothing was replaced, yet the text reads like the name of a setting. */
  readonly looksMissing: boolean;
}

/** Settings nest two deep in practice (ConnectionStrings:Name); the bound is for objects that contain themselves. */
const DEPTH_MAX = 8;
const REFERENCE = /%([^%]+)%/g;

/** The settings of this process. */
export function environmentSettings(): Readonly<Record<string, unknown>> {
  return process.env;
}

export function openSettings(input: SettingsInput): Settings {
  const values = new Map<string, Setting>();
  // The first source that has a name wins, so later ones only fill gaps.
  for (const source of Array.isArray(input) ? (input as readonly Readonly<Record<string, unknown>>[]) : [input]) {
    collect(source as Readonly<Record<string, unknown>>, '', 0, values);
  }
  return { find: (name) => values.get(normalise(name)) };
}

function normalise(name: string): string {
  return name.replaceAll('__', ':').toLowerCase();
}

function collect(
  source: Readonly<Record<string, unknown>>,
  prefix: string,
  depth: number,
  into: Map<string, Setting>,
): void {
  for (const key of Object.keys(source)) {
    const value = source[key];
    const name = prefix + key;
    if (typeof value === 'object' && value !== null) {
      if (depth < DEPTH_MAX && !Array.isArray(value)) {
        collect(value as Readonly<Record<string, unknown>>, `${name}:`, depth + 1, into);
      }
    } else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      const text = String(value);
      // An empty setting counts as none, so that a later source may have it.
      if (text !== '' && !into.has(normalise(name))) into.set(normalise(name), { name, value: text });
    }
  }
}

/** A text with every %NAME% replaced, and then looked up as a whole. A % without a partner stays as it is. */
export function resolveText(text: string, settings: Settings): ResolvedText {
  if (text.trim() === '') return { text, from: [], missing: [], looksMissing: false };
  const from: string[] = [];
  const missing: string[] = [];
  const replaced = text.replace(REFERENCE, (reference, name: string) => {
    const found = settings.find(name);
    if (found === undefined) {
      missing.push(name);
      return reference;
    }
    from.push(found.name);
    return found.value;
  });
  if (missing.length > 0) return { text: replaced, from, missing, looksMissing: false };
  const whole = settings.find(`ConnectionStrings:${replaced}`) ?? settings.find(replaced);
  if (whole === undefined) {
    return { text: replaced, from, missing, looksMissing: from.length === 0 && looksLikeSettingName(text) };
  }
  return { text: whole.value, from: [...from, whole.name], missing, looksMissing: false };
}
