/** From embedded bytes to instances. The module is compiled once per process; each instance has a memory of its own. */
import { instantiateSync } from '@assemblyscript/loader';
import { KafkaHotpathError } from '../../errors.ts';
import type { Abi } from './abi.ts';
import { WASM_BASE64 } from './wasm-bytes.generated.ts';

let embedded: WebAssembly.Module | undefined;

export function compileEmbedded(): WebAssembly.Module {
  embedded ??= new WebAssembly.Module(Buffer.from(WASM_BASE64, 'base64'));
  return embedded;
}

/**
 * The raw exports of a new instance. The loader only instantiates: its wrappers around the exports cost time in every
 * call and serve objects, which this module does not have. Throws what V8 throws when there is no address space left
 * for another memory (it reserves about 10 GiB for each).
 */
export function instantiate(module: WebAssembly.Module): Abi {
  const { instance } = instantiateSync(module);
  const { memory, append } = instance.exports;
  if (!(memory instanceof WebAssembly.Memory) || typeof append !== 'function') {
    throw new KafkaHotpathError('ERR_ENGINE', 'the WebAssembly module does not export what this version of it should');
  }
  return instance.exports as Abi;
}
