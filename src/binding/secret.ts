/** Keeps secrets out of everything that can be printed. */

const REDACTED = '[redacted]';

/** Shortest secret that is worth hunting for in a message; shorter ones would blank out ordinary words. */
const HUNTED_LENGTH_MIN = 4;
const SHOWN_CHARACTERS_MAX = 80;

/** Texts that carry credentials wherever they stand: connection strings, keys, addresses with a user in them. */
const CREDENTIALS = /(?:key|secret|password|token|signature)\s*=|-----BEGIN|@/i;
const SECRET_SETTING = /password|secret|key|token|credential|connection/i;

/** A text that shows itself only to who asks for it by name. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED;
  }
}

/** True for settings whose values should not be repeated, whatever property names them. */
export function isSecretSetting(name: string): boolean {
  return SECRET_SETTING.test(name);
}

/** What was got, for a message: short, on one line, and without anything that looks like a credential. */
export function describeGot(value: unknown, options: { secret: boolean }): string {
  switch (typeof value) {
    case 'string':
      return options.secret || CREDENTIALS.test(value) ? describeHidden(value) : quoted(value);
    case 'number':
    case 'boolean':
    case 'bigint':
      return options.secret ? REDACTED : String(value);
    case 'undefined':
      return 'nothing';
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? 'an array' : 'an object';
    default:
      return `a ${typeof value}`;
  }
}

function describeHidden(text: string): string {
  return text === '' ? 'an empty text' : REDACTED;
}

/** One line of at most 80 characters; control characters become visible escapes. */
export function quoted(text: string): string {
  const shown = text.length > SHOWN_CHARACTERS_MAX ? `${text.slice(0, SHOWN_CHARACTERS_MAX)}…` : text;
  return JSON.stringify(shown);
}

/** Takes every occurrence of the secrets out of a text, should one have slipped in by way of another property. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length >= HUNTED_LENGTH_MIN) clean = clean.replaceAll(secret, REDACTED);
  }
  return clean;
}

export { REDACTED };
