/** Keeps secrets out of everything that can be printed. */
import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/** Shortest secret that is worth hunting for: three letters are part of too many values. */
const HUNTED_LENGTH_MIN = 4;
const SHOWN_CHARACTERS_MAX = 80;

/** Texts that carry credentials wherever they stand: connection strings, keys, addresses with a user in them. */
const CREDENTIALS = /(?:key|secret|password|token|signature)\s*=|-----BEGIN|@/i;
const QUOTED = /"(?:[^"\\\n]|\\.)*"/g;
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

  [inspect.custom](): string {
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

/**
 * Blanks every quoted value of a message that holds one of the secrets, or a good part of one, should it have slipped
 * in by way of another property. The words around the values are ours and stay, whatever the secrets are.
 */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return text.replace(QUOTED, (value) => {
    const content = (JSON.parse(value) as string).replace(/…$/, '');
    if (content.length < HUNTED_LENGTH_MIN) return value;
    return secrets.some((secret) => isPart(secret, content)) ? REDACTED : value;
  });
}

function isPart(secret: string, content: string): boolean {
  return secret.length >= HUNTED_LENGTH_MIN && (content.includes(secret) || secret.includes(content));
}

export { REDACTED };
