/** Which form a request is in, by its path; no path ever reaches a file system. */
import { customHandlerRoute } from './custom-handler.ts';
import { daprRoute } from './dapr.ts';
import type { Route } from './exchange.ts';
import { ndjsonRoute } from './ndjson.ts';
import { probeRoutes } from './probes.ts';
import { malformed } from './problem.ts';
import { restV2Routes } from './rest-v2.ts';
import { restV3Route } from './rest-v3.ts';

export const ROUTES: readonly Route[] = [
  ...probeRoutes,
  ndjsonRoute,
  daprRoute,
  ...restV2Routes,
  restV3Route,
  customHandlerRoute,
];

export interface Match {
  readonly route: Route;
  readonly parameters: readonly string[];
}

/** Undefined when no route has that path. @throws Problem 400 for a path that is none */
export function matchPath(url: string): Match | undefined {
  const path = url.split('?', 1)[0] ?? '';
  if (!path.startsWith('/')) throw malformed('the target of the request must be a path');
  const segments = path.slice(1).split('/').map(decode);
  for (const route of ROUTES) {
    const parameters = parametersOf(route.path, segments);
    if (parameters !== undefined) return { route, parameters };
  }
  return undefined;
}

function parametersOf(path: readonly (string | null)[], segments: readonly string[]): string[] | undefined {
  if (path.length !== segments.length) return undefined;
  const parameters: string[] = [];
  for (const [index, segment] of segments.entries()) {
    const expected = path[index];
    if (expected === null) parameters.push(segment);
    else if (expected !== segment) return undefined;
  }
  return parameters;
}

function decode(segment: string): string {
  let text: string;
  try {
    text = decodeURIComponent(segment);
  } catch {
    throw malformed('the path has a percent sign that encodes nothing');
  }
  // Nothing here has such a name; who asks for one tries to get somewhere else.
  if (text === '.' || text === '..' || /[/\\\x00-\x1f\x7f]/.test(text)) {
    throw malformed('the path has a segment that is no name');
  }
  return text;
}
