/** All that both engines must do alike; the runners beside this file choose the engine. */
import { describe } from 'node:test';
import type { Engine } from '../../src/engine/engine.ts';
import { accumulatorSuite } from './accumulator-suite.ts';
import { hashSuite } from './hash-suite.ts';
import { recordSuite } from './record-suite.ts';
import { sliceSuite } from './slice-suite.ts';

export function conformanceSuite(name: string, open: () => Engine): void {
  describe(name, () => {
    hashSuite(open);
    recordSuite(open);
    accumulatorSuite(open);
    sliceSuite(open);
  });
}
