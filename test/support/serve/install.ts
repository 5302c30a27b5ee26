/** Validators that others wrote, by pip into .cache, once. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const VENV = resolve('.cache', 'sidecar-checks');
const PYTHON = join(VENV, 'bin', 'python');
const PACKAGES = ['prometheus_client==0.26.0', 'openapi-spec-validator==0.9.0'];
const IMPORTS = 'import prometheus_client, openapi_spec_validator, openapi_schema_validator';
const CHECK = resolve('test', 'support', 'serve', 'check.py');

/** In a sentence what keeps the validators from running here; undefined when they are there. */
export function installValidators(): string | undefined {
  if (spawnSync('python3', ['--version'], { stdio: 'ignore' }).error !== undefined) return 'python3 not found';
  if (spawnSync(PYTHON, ['-c', IMPORTS], { stdio: 'ignore' }).status === 0) return undefined;
  execFileSync('python3', ['-m', 'venv', VENV], { stdio: 'inherit' });
  execFileSync(PYTHON, ['-m', 'pip', 'install', '-q', ...PACKAGES], { stdio: 'inherit' });
  return undefined;
}

export interface Exchange {
  method: string;
  /** As the document writes it. */
  path: string;
  requestType?: string;
  requestBody?: string;
  status: number;
  type: string;
  body: string;
}

export interface Evidence {
  document: unknown;
  metrics: string;
  exchanges: readonly Exchange[];
}

/** What the validators have to complain of. */
export async function complaintsOf(evidence: Evidence): Promise<string[]> {
  const child = spawn(PYTHON, [CHECK], { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stdin.end(JSON.stringify(evidence));
  const status = await new Promise<number | null>((settle, reject) => {
    child.once('error', reject).once('close', settle);
  });
  if (status !== 0) throw new Error(`the validators ended with ${status ?? 'a signal'}`);
  return JSON.parse(output) as string[];
}
