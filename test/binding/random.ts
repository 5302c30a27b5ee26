/** fast-check with a seed that is printed when a property fails, and can be given as FC_SEED to see it again. */
import fc from 'fast-check';

const seed = process.env['FC_SEED'];
if (seed !== undefined) fc.configureGlobal({ seed: Number(seed) });

export { fc };
