/** The OpenAPI document names what the router knows, and nothing else. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ROUTES } from '../../src/serve/router.ts';

describe('docs/openapi.json', () => {
  it('has every path of the sidecar, and each operation a method of it', () => {
    const { paths } = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as { paths: Record<string, object> };
    const known = new Map(
      ROUTES.map(({ path, methods }) => [`/${path.map((segment) => segment ?? '{}').join('/')}`, methods]),
    );
    const documented = Object.entries(paths).map(([path, operations]) => {
      return [path.replace(/\{[^}]*\}/g, '{}'), Object.keys(operations)] as const;
    });
    assert.deepEqual(documented.map(([path]) => path).sort(), [...known.keys()].sort());
    for (const [path, methods] of documented) {
      for (const method of methods) assert.ok(known.get(path)?.includes(method.toUpperCase()), `${method} ${path}`);
    }
  });
});
