/** The numbers of the Avro program and columns, which host and module each have a copy of. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OP, VALUE_DEPTH_MAX } from '../../src/avro/schema.ts';
import * as map from '../../src/engine/wasm/avro-map.ts';
import { compileEmbedded, instantiate } from '../../src/engine/wasm/module.ts';

const exports: Record<string, unknown> = { ...instantiate(compileEmbedded()) };

function exported(name: string): unknown {
  const value = exports[name];
  return value instanceof WebAssembly.Global ? (value.value as unknown) : undefined;
}

describe('the layout of Avro in the module', () => {
  it('is that of the host', () => {
    for (const [name, value] of Object.entries(map)) assert.equal(exported(name), value, name);
    assert.equal(exported('AVRO_DEPTH_MAX'), VALUE_DEPTH_MAX);
  });

  it('has the operations of the schema', () => {
    const names = Object.entries(OP).map(([name, op]) => [`AVRO_${name.replace(/[A-Z]/g, '_$&').toUpperCase()}`, op]);
    const known = names.filter(([name]) => exported(String(name)) !== undefined);
    assert.ok(known.length >= 15);
    for (const [name, op] of known) assert.equal(exported(String(name)), op, String(name));
  });
});
