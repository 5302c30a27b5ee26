/** The exponents the folds rest on: computed here, they say more than prose. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileEmbedded, instantiate } from '../../src/engine/wasm/module.ts';

/** x^32 + 0x1EDC6F41, the Castagnoli polynomial in the usual order of bits. */
const POLYNOMIAL = 0x1_1edc_6f41n;

/** x^exponent modulo the polynomial, by plain multiplication with x. */
function powerOfX(exponent: number): bigint {
  let remainder = 1n;
  for (let step = 0; step < exponent; step++) {
    remainder <<= 1n;
    if (remainder >> 32n !== 0n) remainder ^= POLYNOMIAL;
  }
  return remainder;
}

function remainderOf(exponents: number[]): bigint {
  return exponents.reduce((sum, exponent) => sum ^ powerOfX(exponent), 0n);
}

const exports: Record<string, unknown> = { ...instantiate(compileEmbedded()) };

function lags(prefix: string, count: number): number[] {
  return Array.from(
    { length: count },
    (_, index) => (exports[`${prefix}${index + 1}`] as WebAssembly.Global).value as number,
  );
}

describe('folding', () => {
  it('adds multiples of the polynomial', () => {
    for (const exponents of [
      [209, 144, 54, 39, 14, 0],
      [5275, 4508, 2751, 0],
    ]) {
      assert.equal(remainderOf(exponents), 0n);
      // Squared three times: the same sum in steps of whole bytes.
      assert.equal(remainderOf(exponents.map((exponent) => 8 * exponent)), 0n);
    }
    assert.notEqual(remainderOf([209, 144, 54, 39, 15, 0]), 0n);
  });

  it('reaches back by the greatest exponent less each other', () => {
    assert.deepEqual(
      lags('NEAR_LAG_', 5),
      [144, 54, 39, 14, 0].map((exponent) => 209 - exponent),
    );
    assert.deepEqual(
      lags('FAR_LAG_', 3),
      [4508, 2751, 0].map((exponent) => 5275 - exponent),
    );
  });
});
