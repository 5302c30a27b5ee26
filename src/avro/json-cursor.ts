/** A position in JSON text (RFC 8259): tokens as they are asked for, and nothing built that nobody asked for. */
import { type AvroFault, fault, tooDeep } from './fault.ts';
import { VALUE_DEPTH_MAX } from './schema.ts';

export const QUOTE = 0x22;
export const OPEN_BRACE = 0x7b;
export const OPEN_BRACKET = 0x5b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const POINT = 0x2e;
const PLUS = 0x2b;
const ZERO = 0x30;
/** So many digits always fit a double. */
const EXACT_DIGITS_MAX = 15;
/** No 64-bit number has more. */
const LONG_DIGITS_MAX = 19;
const NUMBER_PARTS = /^(-?)0*(\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

export class JsonCursor {
  text = '';
  at = 0;
  /** Of the last number token: where it began, and its value if it is a whole number of few digits, else NaN. */
  numberStart = 0;
  smallInteger: number = Number.NaN;

  /** Skips white space and returns the character there, 0 at the end. */
  peek(): number {
    const { text } = this;
    for (;;) {
      const unit = text.charCodeAt(this.at);
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return Number.isNaN(unit) ? 0 : unit;
      this.at += 1;
    }
  }

  /** The character is known to be there. */
  pass(): void {
    this.at += 1;
  }

  /** A literal: null, true, false. */
  literal(word: string): void {
    if (!this.text.startsWith(word, this.at)) throw this.malformed();
    this.at += word.length;
  }

  /** The string token here, without its escapes. */
  string(): string {
    const { text } = this;
    if (text.charCodeAt(this.at) !== QUOTE) throw this.malformed();
    const start = this.at + 1;
    const end = this.#stringEnd();
    this.at = end + 1;
    if (!this.#hasEscape) return text.slice(start, end);
    try {
      return JSON.parse(text.slice(start - 1, end + 1)) as string;
    } catch {
      throw this.malformed();
    }
  }

  /** Takes the key when it is the one expected next: without a string for it. */
  passKey(name: string): boolean {
    const { text, at } = this;
    const end = at + 1 + name.length;
    if (text.charCodeAt(end) !== QUOTE || !text.startsWith(name, at + 1)) return false;
    this.at = end + 1;
    return true;
  }

  colon(): void {
    if (this.peek() !== COLON) throw this.malformed();
    this.at += 1;
  }

  /** After a member: true when another one follows; its key is here. */
  nextMember(): boolean {
    const unit = this.peek();
    this.at += 1;
    if (unit === COMMA) {
      if (this.peek() !== QUOTE) throw this.malformed();
      return true;
    }
    if (unit === CLOSE_BRACE) return false;
    this.at -= 1;
    throw this.malformed();
  }

  /** After the opening brace: true when there is a member; its key is here. */
  firstMember(): boolean {
    const unit = this.peek();
    if (unit === QUOTE) return true;
    if (unit !== CLOSE_BRACE) throw this.malformed();
    this.at += 1;
    return false;
  }

  nextItem(): boolean {
    const unit = this.peek();
    if (unit !== COMMA && unit !== CLOSE_BRACKET) throw this.malformed();
    this.at += 1;
    return unit === COMMA;
  }

  firstItem(): boolean {
    if (this.peek() !== CLOSE_BRACKET) return true;
    this.at += 1;
    return false;
  }

  /** Reads a number token and returns its text's end; see numberStart and smallInteger. */
  number(): void {
    const { text } = this;
    const start = this.at;
    let at = start;
    const isNegative = text.charCodeAt(at) === MINUS;
    if (isNegative) at += 1;
    const digitsStart = at;
    let value = 0;
    for (;;) {
      const digit = text.charCodeAt(at) - ZERO;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
      at += 1;
    }
    const digits = at - digitsStart;
    if (digits === 0 || (digits > 1 && text.charCodeAt(digitsStart) === ZERO)) throw this.malformed();
    const wholeEnd = at;
    if (text.charCodeAt(at) === POINT) at = this.#digits(at + 1);
    if ((text.charCodeAt(at) | 0x20) === 0x65) {
      const sign = text.charCodeAt(at + 1);
      at = this.#digits(sign === PLUS || sign === MINUS ? at + 2 : at + 1);
    }
    this.at = at;
    this.numberStart = start;
    this.smallInteger = at === wholeEnd && digits <= EXACT_DIGITS_MAX ? (isNegative ? -value : value) : Number.NaN;
  }

  /** The text of the last number token. */
  numberText(): string {
    return this.text.slice(this.numberStart, this.at);
  }

  /** The last number, if it is a whole one that 64 bits could hold: 1e3 and 5.0 are whole numbers too. */
  wholeNumber(): bigint | undefined {
    if (!Number.isNaN(this.smallInteger)) return BigInt(this.smallInteger);
    return toWhole(this.numberText());
  }

  /** Passes over any value. */
  skip(depth: number): void {
    const unit = this.peek();
    if (unit === QUOTE) this.string();
    else if (unit === OPEN_BRACE || unit === OPEN_BRACKET) this.#skipInside(unit, depth);
    else if (unit === 0x6e) this.literal('null');
    else if (unit === 0x74) this.literal('true');
    else if (unit === 0x66) this.literal('false');
    else this.number();
  }

  #skipInside(unit: number, depth: number): void {
    if (depth >= VALUE_DEPTH_MAX) throw tooDeep();
    this.at += 1;
    if (unit === OPEN_BRACKET) {
      if (!this.firstItem()) return;
      do this.skip(depth + 1);
      while (this.nextItem());
      return;
    }
    if (!this.firstMember()) return;
    do {
      this.string();
      this.colon();
      this.skip(depth + 1);
    } while (this.nextMember());
  }

  malformed(): AvroFault {
    const where = this.at >= this.text.length ? 'that ends too early' : `that is not JSON at character ${this.at + 1}`;
    return fault(`text ${where}`, 'JSON');
  }

  #hasEscape = false;

  /** Position of the closing quote of the string that opens here. */
  #stringEnd(): number {
    const { text } = this;
    this.#hasEscape = false;
    for (let at = this.at + 1; ; at++) {
      const unit = text.charCodeAt(at);
      if (unit === QUOTE) return at;
      if (unit === BACKSLASH) {
        this.#hasEscape = true;
        at += 1;
      } else if (!(unit >= 0x20)) {
        this.at = at;
        throw this.malformed();
      }
    }
  }

  #digits(from: number): number {
    let at = from;
    for (;;) {
      const digit = this.text.charCodeAt(at) - ZERO;
      if (!(digit >= 0 && digit <= 9)) break;
      at += 1;
    }
    if (at > from) return at;
    this.at = at;
    throw this.malformed();
  }
}

function toWhole(token: string): bigint | undefined {
  const match = NUMBER_PARTS.exec(token);
  if (match === null) return undefined;
  const fraction = match[3] ?? '';
  const digits = ((match[2] ?? '') + fraction).replace(/^0+/, '');
  if (digits === '') return 0n;
  // Not /0+$/, which begins anew at every zero of a number that has a million of them in its middle.
  let end = digits.length;
  while (digits.charCodeAt(end - 1) === ZERO) end -= 1;
  const significant = digits.slice(0, end);
  const exponent = Number(match[4] ?? 0) - fraction.length + digits.length - significant.length;
  if (exponent < 0 || significant.length + exponent > LONG_DIGITS_MAX) return undefined;
  const magnitude = BigInt(significant) * 10n ** BigInt(exponent);
  return match[1] === '-' ? -magnitude : magnitude;
}
