/** After tsc: puts beside the compiled files what tsc does not make, and fails when something is missing. */
import { chmodSync, copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

function present(path) {
  const full = join(ROOT, path);
  if (!existsSync(full)) throw new Error(`${path} is missing; run: npm run build`);
  return full;
}

copyFileSync(present('build/engine.wasm'), join(ROOT, 'dist/engine.wasm'));

// Hundreds of copies of a few lines: their source map weighs twice what they do, and shows nobody anything.
const READERS = 'dist/engine/wasm/column-readers.generated.js';
const readers = readFileSync(present(READERS), 'utf8').replace(/^\/\/# sourceMappingURL=.*\n?/m, '');
writeFileSync(join(ROOT, READERS), readers);
rmSync(join(ROOT, `${READERS}.map`), { force: true });

// Everything package.json promises must be there.
const { exports, bin } = JSON.parse(readFileSync(present('package.json'), 'utf8'));
const entries = Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? [entry] : Object.values(entry)));
for (const path of entries) present(path);
for (const path of Object.values(bin)) {
  const full = join(ROOT, path);
  if (!existsSync(full)) {
    console.error(`${path} does not exist yet`);
    continue;
  }
  if (!readFileSync(full, 'utf8').startsWith('#!')) throw new Error(`${path} does not start with a #! line`);
  chmodSync(full, 0o755);
}
