/** The engine in plain TypeScript: everywhere the same bytes, and the one to have where WebAssembly is not. */
import { parseSchema } from '../../avro/parse-schema.ts';
import type { AvroOptions } from '../../avro/schema.ts';
import { TypeScriptAvroType } from '../../avro/typescript-type.ts';
import type { AvroType } from '../../avro/avro-type.ts';
import type { Accumulator, AccumulatorOptions, Engine, ProducerState, RecordInput } from '../engine.ts';
import { TypeScriptAccumulator } from './accumulator.ts';
import { crc32 } from './crc32.ts';
import { crc32c } from './crc32c.ts';
import { encodeRecordBatch } from './encode.ts';
import { murmur2 } from './murmur2.ts';

export class TypeScriptEngine implements Engine {
  readonly kind = 'typescript';
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }

  crc32c(bytes: Uint8Array): number {
    return crc32c(bytes);
  }

  crc32(bytes: Uint8Array): number {
    return crc32(bytes);
  }

  murmur2(bytes: Uint8Array): number {
    return murmur2(bytes);
  }

  encodeRecordBatch(records: readonly RecordInput[], producer?: ProducerState): Uint8Array {
    return encodeRecordBatch(records, producer);
  }

  openAccumulator(options: AccumulatorOptions): Accumulator {
    return new TypeScriptAccumulator(options);
  }

  compileAvro(schema: unknown, options?: AvroOptions): AvroType {
    return new TypeScriptAvroType(parseSchema(schema, options));
  }
}
