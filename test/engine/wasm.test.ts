import { openEngine } from '../../src/engine/select.ts';
import { conformanceSuite } from './conformance-suite.ts';

conformanceSuite('WebAssembly engine', () => openEngine('wasm'));
