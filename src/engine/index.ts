/** kafka-hotpath/engine: record batches and checksums without a producer or a broker. */
export { KafkaHotpathError } from '../errors.ts';
export type { CompressionName, RecordBatch } from '../protocol/record-batch-reader.ts';
export { readRecordBatches } from '../protocol/record-batch-reader.ts';
export { recycleBatch } from './batch-memory.ts';
export type {
  Accumulator,
  AccumulatorOptions,
  AppendStop,
  AvroGroup,
  AvroOptions,
  AvroType,
  BufferRun,
  Engine,
  EngineKind,
  Field,
  Group,
  HeaderList,
  KeyHash,
  ProducerState,
  RecordInput,
} from './engine.ts';
export type { EngineChoice } from './select.ts';
export { openEngine } from './select.ts';
export { stampProducerState } from './stamp.ts';
