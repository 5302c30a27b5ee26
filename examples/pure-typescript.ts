/**
 * Without WebAssembly: the same bytes and the same reports from the TypeScript engine.
 *
 *   BROKERS=localhost:9092 node --import tsx examples/pure-typescript.ts
 */
import { openKafkaOutput } from 'kafka-hotpath';
import { openEngine, readRecordBatches } from 'kafka-hotpath/engine';

// The engine alone frames record batches; it needs no broker.
const engine = openEngine('typescript');
const batch = engine.encodeRecordBatch([{ key: 'k', value: 'framed', headers: [], timestamp: 1_700_000_000_000 }]);
console.log(`${batch.length} bytes, ${readRecordBatches(batch).length} batch, ${engine.reason}`);

// The output with that engine.
const output = await openKafkaOutput(
  { brokerList: process.env['BROKERS'] ?? 'localhost:9092', topic: 'orders' },
  { engine: 'typescript' },
);
try {
  const reports = await output.send('sent without WebAssembly');
  console.log(reports.at(0)?.status, output.engine.kind);
} finally {
  await output.close();
}
