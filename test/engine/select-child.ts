/** Run by select.test.ts in a process of its own: opens an engine and prints what it got. */
import type { EngineChoice } from '../../src/engine/select.ts';
import { openEngine } from '../../src/engine/select.ts';
import { DEFAULT_LIMITS } from './support.ts';

try {
  const choice = process.argv[2] as EngineChoice | '';
  const engine = openEngine(choice === '' ? undefined : choice);
  const batch = engine.encodeRecordBatch([{ key: 'k', value: 'grün', timestamp: 1 }]);
  const { kind, reason } = engine;
  const accumulator = engine.openAccumulator(DEFAULT_LIMITS).kind;
  process.stdout.write(JSON.stringify({ kind, reason, accumulator, batch: Buffer.from(batch).toString('hex') }));
} catch (error) {
  const { code, message } = error as Error & { code: string };
  process.stdout.write(JSON.stringify({ code, message }));
}
