/** Two copies of every constant, one on each side of the boundary: here they meet. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as format from '../../src/engine/layout.ts';
import * as map from '../../src/engine/wasm/memory-map.ts';
import { compileEmbedded, instantiate } from '../../src/engine/wasm/module.ts';

const exports: Record<string, unknown> = { ...instantiate(compileEmbedded()) };

function exported(name: string): unknown {
  const value = exports[name];
  return value instanceof WebAssembly.Global ? (value.value as unknown) : undefined;
}

describe('layout', () => {
  it('is the same for the module and for the host', () => {
    for (const [name, value] of Object.entries(map)) assert.equal(exported(name), value, name);
  });

  it('has the same numbers of the format on both sides', () => {
    for (const name of ['RECORD_BATCH_OVERHEAD', 'RECORD_OVERHEAD_MAX', 'GROUP_RECORDS_MAX'] as const) {
      assert.equal(exported(name), format[name], name);
    }
    assert.equal(format.RECORD_BATCH_OVERHEAD, 61);
  });

  it('leaves no area misaligned or overlapping', () => {
    const areas = [
      map.TAPE,
      map.TIMESTAMPS,
      map.PARTITIONS,
      map.OUTCOMES,
      map.HEADERS,
      map.TEXT,
      map.VALUES,
      map.SLOTS,
      map.MAP_END,
    ];
    for (const [index, area] of areas.entries()) {
      assert.equal(area % 8, 0);
      assert.ok(index === 0 || area > areas[index - 1]!);
    }
    assert.ok(map.VALUES - map.TEXT >= map.TEXT_UNITS_MAX * 2 + map.SLACK);
    assert.ok(map.SLOTS - map.VALUES >= map.VALUES_BYTES_MAX * 2 + map.SLACK);
    assert.equal(map.MAP_END - map.SLOTS, map.SLOTS_MAX * map.SLOT_STRIDE);
  });
});
