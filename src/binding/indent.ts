/**
 * Indents JSON text as the Azure host writes it (Newtonsoft's Formatting.Indented): two spaces a level, `": "`, and
 * empty objects and arrays closed at once. Numbers, dates and the order of keys stay as they are.
 */

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

/** The text is known to be JSON. */
export function indentJson(json: string): string {
  const tokens = json.match(TOKEN) ?? [];
  let depth = 0;
  let out = '';
  const newLine = (): string => `\n${'  '.repeat(depth)}`;
  tokens.forEach((token, index) => {
    if (token === '{' || token === '[') {
      out += token;
      // The pair of an opening bracket follows at once only when nothing is inside.
      if (isClosing(tokens[index + 1])) return;
      depth += 1;
      out += newLine();
    } else if (isClosing(token)) {
      const isEmpty = tokens[index - 1] === '{' || tokens[index - 1] === '[';
      if (!isEmpty) {
        depth -= 1;
        out += newLine();
      }
      out += token;
    } else if (token === ',') out += `,${newLine()}`;
    else out += token === ':' ? ': ' : token;
  });
  return out;
}

function isClosing(token: string | undefined): boolean {
  return token === '}' || token === ']';
}
