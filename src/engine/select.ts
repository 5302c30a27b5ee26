/** Which engine to use: the option, else the environment, else WebAssembly where it works. */
import { KafkaHotpathError } from '../errors.ts';
import type { Engine, EngineKind } from './engine.ts';
import { selfCheck } from './self-check.ts';
import { TypeScriptEngine } from './typescript/engine.ts';
import { openWasmEngine } from './wasm/open.ts';

export type EngineChoice = 'auto' | EngineKind;

export const ENGINE_VARIABLE = 'KAFKA_HOTPATH_ENGINE';

const CHOICES: readonly string[] = ['auto', 'wasm', 'typescript'] satisfies EngineChoice[];

/** How a WebAssembly engine is opened; tests hand in one that fails. */
export type WasmOpener = (reason: string) => Engine;

/** Throws ERR_ENGINE for an unknown name, and when 'wasm' is asked for by name and cannot be had. */
export function openEngine(choice?: EngineChoice): Engine {
  return chooseEngine(choice, process.env[ENGINE_VARIABLE], openWasmEngine);
}

/** openEngine with everything it depends on handed in. */
export function chooseEngine(option: string | undefined, variable: string | undefined, openWasm: WasmOpener): Engine {
  const named = option !== undefined && option !== 'auto';
  const fromVariable = !named && variable !== undefined && variable !== '' && variable !== 'auto';
  const choice = named ? option : fromVariable ? variable : 'auto';
  const origin = fromVariable ? `the environment variable ${ENGINE_VARIABLE}` : 'the engine option';
  if (!CHOICES.includes(choice)) {
    const message = `${origin} is ${JSON.stringify(choice)}; it must be auto, wasm or typescript`;
    throw new KafkaHotpathError('ERR_ENGINE', message);
  }
  if (choice === 'typescript') return new TypeScriptEngine(`TypeScript, as ${origin} asks.`);
  const asked = choice === 'wasm';
  const why = asked ? `as ${origin} asks` : 'the faster of the two';
  try {
    const engine = openWasm(`WebAssembly, ${why}; its self-check passed.`);
    selfCheck(engine);
    return engine;
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    if (asked) {
      const message = `${origin} asks for WebAssembly, which cannot be had: ${problem}; use auto or typescript`;
      throw new KafkaHotpathError('ERR_ENGINE', message, { cause });
    }
    return new TypeScriptEngine(`TypeScript, because WebAssembly cannot be had: ${problem}.`);
  }
}
