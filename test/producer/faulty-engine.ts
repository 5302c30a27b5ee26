/**
 * A WebAssembly engine that fails where a test says. The module is the product's own; its exports are wrapped on their
 * way into the accumulator, which takes them as a parameter anyway. The traps are real ones: a word that the module
 * relies on is bent before the call and set right when the call has failed.
 */
import type { Accumulator, AccumulatorOptions } from '../../src/engine/engine.ts';
import type { Abi } from '../../src/engine/wasm/abi.ts';
import { WasmAccumulator } from '../../src/engine/wasm/accumulator.ts';
import { WasmEngine } from '../../src/engine/wasm/engine.ts';
import * as map from '../../src/engine/wasm/memory-map.ts';
import { compileEmbedded, instantiate } from '../../src/engine/wasm/module.ts';

export interface FaultPlan {
  /** append traps at the record that is the k-th to reach it (from 0): measuring it, or halfway through writing it. */
  appendAt?: { record: number; while: 'measuring' | 'writing' };
  /** The k-th close traps (from 0): before it has done anything but write, or when the slot has been emptied. */
  closeAt?: { batch: number; when: 'entered' | 'emptied' };
  /** Changes the memory that a trap has left. */
  damage?: (memory: DataView) => void;
  /** The memory refuses to grow beyond. */
  memoryBytesMax?: number;
}

/** Beyond the end of any memory here, and far enough from 2³² that no sum wraps. */
const NOWHERE = 0xe000_0000;

export class FaultyEngine extends WasmEngine {
  readonly accumulators: Accumulator[] = [];
  readonly #plan: FaultPlan;

  constructor(plan: FaultPlan) {
    super(compileEmbedded(), 'A build for tests.');
    this.#plan = plan;
  }

  override openAccumulator(options: AccumulatorOptions): Accumulator {
    const accumulator = new WasmAccumulator(faultyAbi(instantiate(compileEmbedded()), this.#plan), options);
    this.accumulators.push(accumulator);
    return accumulator;
  }
}

/** An engine whose accumulators are those of the function, for tests of one accumulator. */
export function faultyAbi(exports: Abi, plan: FaultPlan): Abi {
  let appended = 0;
  let closed = 0;
  let hasTrapped = false;
  const view = (): DataView => new DataView(exports.memory.buffer);
  const bend = (words: readonly (readonly [number, number])[], call: () => number): number => {
    const memory = view();
    const saved = words.map(([address]) => memory.getUint32(address, true));
    for (const [address, word] of words) memory.setUint32(address, word, true);
    try {
      return call();
    } catch (error) {
      hasTrapped = true;
      throw error;
    } finally {
      for (const [i, [address]] of words.entries()) memory.setUint32(address, saved[i]!, true);
      if (hasTrapped) plan.damage?.(memory);
    }
  };
  return {
    ...exports,
    memory: plan.memoryBytesMax === undefined ? exports.memory : limited(exports.memory, plan.memoryBytesMax),
    append(base, partitionCount, hash, from, count) {
      const call = (): number => exports.append(base, partitionCount, hash, from, count);
      const { appendAt } = plan;
      let stop: number;
      if (appendAt !== undefined && appendAt.record >= appended && appendAt.record < appended + count - from) {
        const entry = map.TAPE + (from + appendAt.record - appended) * map.TAPE_STRIDE;
        // It may stop before that record, or at it for want of room, and comes back then.
        stop = bend(appendAt.while === 'measuring' ? bentText(entry) : bentBytes(entry), call);
      } else stop = call();
      appended += view().getUint32(map.CONTROL_NEXT, true) - from;
      return stop;
    },
    close(slot, ...producer) {
      const call = (): number => exports.close(slot, ...producer);
      if (plan.closeAt?.batch === closed++) {
        if (plan.closeAt.when === 'entered')
          bend([[map.SLOTS + slot * map.SLOT_STRIDE + map.SLOT_CHUNK, NOWHERE]], call);
        call();
        throw new WebAssembly.RuntimeError('unreachable');
      }
      return call();
    },
  };
}

function bentText(entry: number): [number, number][] {
  return [
    [entry + map.TAPE_HEADER_COUNT, 0],
    [entry + map.TAPE_KEY, (100 << 2) | map.FIELD_TEXT],
    [entry + map.TAPE_TEXT, NOWHERE],
  ];
}

/** The record's first bytes are written when its value turns out to lie nowhere. */
function bentBytes(entry: number): [number, number][] {
  return [
    [entry + map.TAPE_HEADER_COUNT, 0],
    [entry + map.TAPE_VALUE, (30 << 2) | map.FIELD_BYTES],
    [entry + map.TAPE_VALUE_AT, NOWHERE],
  ];
}

/** V8 throws a RangeError when the declared maximum is reached or the system has no more. */
function limited(memory: WebAssembly.Memory, bytesMax: number): WebAssembly.Memory {
  return {
    get buffer() {
      return memory.buffer;
    },
    grow(pages: number) {
      if (memory.buffer.byteLength + pages * 65_536 > bytesMax) throw new RangeError('Maximum memory size exceeded');
      return memory.grow(pages);
    },
  } as WebAssembly.Memory;
}
