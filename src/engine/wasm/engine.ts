/** The engine in WebAssembly. */
import { parseSchema } from '../../avro/parse-schema.ts';
import type { AvroOptions } from '../../avro/schema.ts';
import { TypeScriptAvroType } from '../../avro/typescript-type.ts';
import type { AvroType } from '../../avro/avro-type.ts';
import type { Accumulator, AccumulatorOptions, Engine, ProducerState, RecordInput } from '../engine.ts';
import { TypeScriptAccumulator } from '../typescript/accumulator.ts';
import { crc32 } from '../typescript/crc32.ts';
import { murmur2 } from '../typescript/murmur2.ts';
import { WasmAccumulator } from './accumulator.ts';
import { AvroMemory } from './avro-memory.ts';
import { WasmAvroType } from './avro-type.ts';
import { fitsMemoryPlan } from './memory.ts';
import { instantiate } from './module.ts';
import { WasmService } from './service.ts';

export class WasmEngine implements Engine {
  readonly kind = 'wasm';
  readonly reason: string;
  readonly #module: WebAssembly.Module;
  readonly #service: WasmService;

  /** Throws when no instance can be had. */
  constructor(module: WebAssembly.Module, reason: string) {
    this.reason = reason;
    this.#module = module;
    this.#service = serviceOf(module);
  }

  get fault(): string | undefined {
    return this.#service.fault;
  }

  crc32c(bytes: Uint8Array): number {
    return this.#service.crc32c(bytes);
  }

  /** In JavaScript: a key is over before a call into the module has begun. */
  crc32(bytes: Uint8Array): number {
    return crc32(bytes);
  }

  /** In JavaScript for the same reason. */
  murmur2(bytes: Uint8Array): number {
    return murmur2(bytes);
  }

  encodeRecordBatch(records: readonly RecordInput[], producer?: ProducerState): Uint8Array {
    return this.#service.encodeRecordBatch(records, producer);
  }

  /** In JavaScript when no further memory can be had. */
  compileAvro(schema: unknown, options?: AvroOptions): AvroType {
    const parsed = parseSchema(schema, options);
    const memory = avroMemoryOf(this.#module);
    return memory === undefined ? new TypeScriptAvroType(parsed) : new WasmAvroType(memory, parsed);
  }

  /** In JavaScript memory when the limits are beyond the module's memory plan or no further memory can be had. */
  openAccumulator(options: AccumulatorOptions): Accumulator {
    if (!fitsMemoryPlan(options)) return new TypeScriptAccumulator(options);
    try {
      return new WasmAccumulator(instantiate(this.#module), options);
    } catch {
      // Out of address space; the accumulator's kind tells.
      return new TypeScriptAccumulator(options);
    }
  }
}

const services = new WeakMap<WebAssembly.Module, WasmService>();

/** One for each module, and so one for the process. */
function serviceOf(module: WebAssembly.Module): WasmService {
  let service = services.get(module);
  if (service === undefined) {
    service = new WasmService(instantiate(module));
    services.set(module, service);
  }
  return service;
}

const avroMemories = new WeakMap<WebAssembly.Module, AvroMemory | null>();

/** One for each module as well, made when the first schema comes; undefined when it cannot be had. */
function avroMemoryOf(module: WebAssembly.Module): AvroMemory | undefined {
  let memory = avroMemories.get(module);
  if (memory === undefined) {
    try {
      memory = new AvroMemory(instantiate(module));
    } catch {
      memory = null;
    }
    avroMemories.set(module, memory);
  }
  return memory ?? undefined;
}
