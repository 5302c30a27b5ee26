/** Shared by the Avro tests: both engines, and errors with their code and place. */
import assert from 'node:assert/strict';
import type { AvroType, Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/select.ts';

export const ENGINES: readonly Engine[] = [openEngine('typescript'), openEngine('wasm')];

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** A record type of the fields given, all else as short as possible. */
export function record(fields: Record<string, unknown>, name = 'R'): Record<string, unknown> {
  return { type: 'record', name, fields: Object.entries(fields).map(([field, type]) => ({ name: field, type })) };
}

/** Both engines refuse in the same words. */
export function refuses(schema: unknown, act: (type: AvroType) => unknown, expected: RegExp): void {
  const messages = ENGINES.map((engine) => {
    const type = engine.compileAvro(schema);
    try {
      act(type);
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'ERR_AVRO_VALUE', String(error));
      return (error as Error).message;
    }
    return assert.fail(`${engine.kind} took what it should refuse`);
  });
  for (const message of messages) {
    assert.match(message, expected);
    assert.equal(message, messages[0]);
  }
}

export function refusesSchema(schema: unknown, expected: RegExp): void {
  for (const engine of ENGINES) {
    assert.throws(() => engine.compileAvro(schema), { code: 'ERR_AVRO_SCHEMA', message: expected });
  }
}
