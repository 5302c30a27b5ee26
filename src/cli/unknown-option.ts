/** What the parser says of an option it does not know, without the value: people try --password=… first. */

const UNKNOWN = /^error: unknown option '(-[^=']*)=/;
const SECRET = /pass|secret|token|key|credential|connection|sasl/i;

/** @param text of the parser, with the line's end */
export function withoutValue(text: string): string {
  const option = UNKNOWN.exec(text)?.[1] ?? /^error: unknown option '(-[^']*)'/.exec(text)?.[1];
  if (option === undefined) return text;
  const plain = UNKNOWN.test(text) ? `error: unknown option '${option}'\n` : text;
  if (!SECRET.test(option)) return plain;
  return `${plain}secrets are not taken from the command line, where other users see them; name a setting: "%NAME%"\n`;
}
