/** The bindings in docs/connections.md, as a reader copies them. */
import { readFileSync } from 'node:fs';

export interface DocumentedBinding {
  chapter: string;
  properties: Record<string, unknown>;
}

export function documentedBindings(): DocumentedBinding[] {
  return readFileSync('docs/connections.md', 'utf8')
    .split(/^## /m)
    .flatMap((chapter) =>
      [...chapter.matchAll(/^```json\n([^]*?)^```/gm)].map(([, text = '']) => ({
        chapter: chapter.slice(0, chapter.indexOf('\n')),
        properties: JSON.parse(text) as Record<string, unknown>,
      })),
    );
}
