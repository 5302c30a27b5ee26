/** Opens the WebAssembly engine on the embedded module, or says in plain words why it cannot. */
import { WasmEngine } from './engine.ts';
import { compileEmbedded } from './module.ts';

/** Throws an Error whose message completes "WebAssembly cannot be had: …". */
export function openWasmEngine(reason: string): WasmEngine {
  if (typeof WebAssembly === 'undefined') {
    throw new Error('this Node has no WebAssembly (was it started with --jitless?)');
  }
  return new WasmEngine(compileEmbedded(), reason);
}
