/** Routes of HTTP triggers: `orders/{id:int}/{page?}` and `{*rest}`, the more specific before the less. */
import { ConfigError } from '../binding/config-error.ts';

const CONSTRAINTS: Readonly<Record<string, string>> = {
  int: '-?\\d{1,10}',
  long: '-?\\d{1,19}',
  alpha: '[A-Za-z]+',
  bool: '(?:[Tt]rue|[Ff]alse|TRUE|FALSE)',
  guid: '[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}',
};

interface Route<Target> {
  readonly pattern: RegExp;
  readonly parameters: readonly string[];
  readonly methods: ReadonlySet<string>;
  /** Compares in the order that routes are tried. */
  readonly rank: string;
  readonly target: Target;
}

export interface RouteMatch<Target> {
  readonly target: Target;
  readonly params: Record<string, string>;
}

export class Routes<Target> {
  #routes: Route<Target>[] = [];

  /** @throws ConfigError */
  add(template: string, methods: readonly string[], target: Target): void {
    const segments = template.split('/').filter((segment) => segment !== '');
    const parameters: string[] = [];
    let source = '';
    let rank = '';
    for (const segment of segments) {
      const compiled = compileSegment(segment, template, parameters);
      source += compiled.source;
      rank += compiled.rank;
    }
    const route: Route<Target> = {
      pattern: new RegExp(`^${source}/?$`, 'i'),
      parameters,
      methods: new Set(methods.map((method) => method.toUpperCase())),
      rank: `${rank}0`,
      target,
    };
    this.#routes = [...this.#routes, route].sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0));
  }

  /** @param path starts with a slash, and is percent-encoded */
  find(method: string, path: string): RouteMatch<Target> | undefined {
    for (const { pattern, parameters, methods, target } of this.#routes) {
      if (!methods.has(method)) continue;
      const match = pattern.exec(path);
      if (match === null) continue;
      const params: Record<string, string> = {};
      parameters.forEach((name, index) => {
        const value = match[index + 1];
        if (value !== undefined && value !== '') params[name] = decoded(value);
      });
      return { target, params };
    }
    return undefined;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Ranks: a text goes before a constrained parameter, that before a free one, and the rest of the path comes last. */
function compileSegment(segment: string, template: string, parameters: string[]): { source: string; rank: string } {
  const whole = /^\{(\*{0,2})([A-Za-z_]\w*)((?::[^{}]*)*)(\?)?\}$/.exec(segment);
  if (whole === null) {
    if (/[{}]/.test(segment)) throw fault(template, `has "${segment}"`);
    return { source: `/${segment.replace(/[.*+?^$()|[\]\\]/g, '\\$&')}`, rank: '1' };
  }
  const [, stars = '', name = '', constraints = '', optional] = whole;
  parameters.push(name);
  if (stars !== '') return { source: '(?:/(.*))?', rank: '4' };
  const [constraint, ...others] = constraints.split(':').filter((part) => part !== '');
  const source = constraint === undefined ? '[^/]+' : CONSTRAINTS[constraint.toLowerCase()];
  if (source === undefined || others.length > 0) {
    throw fault(
      template,
      `has the constraint "${constraints.slice(1)}"; there are ${Object.keys(CONSTRAINTS).join(', ')}`,
    );
  }
  const rank = constraint === undefined ? '3' : '2';
  return { source: optional === undefined ? `/(${source})` : `(?:/(${source}))?`, rank };
}

function fault(template: string, what: string): ConfigError {
  const message = `route: "${template}" ${what}`;
  return new ConfigError([{ property: 'route', code: 'format', message }], 'a function of the app');
}
