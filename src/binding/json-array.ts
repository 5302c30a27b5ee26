/**
 * Cuts the JSON text of an array into its elements without changing a character of them: 1.10 stays 1.10 and twenty
 * digits stay twenty digits, where parsing and writing again would not keep them.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/**
 * The elements: the text of a string, true, false and null as themselves, everything else as its exact JSON text.
 * Undefined when the text is not the JSON of an array.
 * @param rewrite gives that JSON text another form
 */
export function splitJsonArray(
  text: string,
  rewrite?: (json: string) => string,
): (string | boolean | null)[] | undefined {
  const trimmed = text.trim();
  if (!trimmed.startsWith('[') || !trimmed.endsWith(']')) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(trimmed) as unknown;
  } catch {
    return undefined;
  }
  if (!Array.isArray(parsed)) return undefined;
  // Texts need no cutting: an array of nothing but strings is the common case.
  if (parsed.every((element) => typeof element === 'string')) return parsed;
  const slices = cut(trimmed);
  return parsed.map((element: unknown, index) => {
    if (typeof element === 'string' || typeof element === 'boolean' || element === null) return element;
    const json = slices[index] as string;
    return rewrite === undefined ? json : rewrite(json);
  });
}

/** The text between the commas of the outermost array; the text is known to be valid JSON. */
function cut(text: string): string[] {
  const slices: string[] = [];
  let depth = 0;
  let start = 1;
  for (let position = 1; position < text.length - 1; position++) {
    const code = text.charCodeAt(position);
    if (code === QUOTE) position = closingQuote(text, position);
    else if (code === COMMA && depth === 0) {
      slices.push(text.slice(start, position).trim());
      start = position + 1;
    } else if (code === 0x5b || code === 0x7b) depth += 1;
    else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  slices.push(text.slice(start, -1).trim());
  return slices;
}

function closingQuote(text: string, opening: number): number {
  for (let position = opening + 1; position < text.length; position++) {
    const code = text.charCodeAt(position);
    if (code === BACKSLASH) position += 1;
    else if (code === QUOTE) return position;
  }
  return text.length;
}
