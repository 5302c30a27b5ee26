/** Runs the command line as its users do: as a process of its own, with pipes. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RunResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

export type Environment = Readonly<Record<string, string>>;

export function start(args: readonly string[], environment: Environment = {}): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...args], {
    env: { ...process.env, NO_COLOR: '1', ...environment },
  });
}

/** The end of a process and all it wrote. */
export function finish(child: ChildProcessWithoutNullStreams): Promise<RunResult> {
  const result: RunResult = { code: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (result.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (result.stderr += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ ...result, code });
    });
  });
}

export function run(
  args: readonly string[],
  input: string | Buffer = '',
  environment?: Environment,
): Promise<RunResult> {
  const child = start(args, environment);
  // A command that refuses its arguments may be gone before it has read anything.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return finish(child);
}

/** The first line that the process writes to standard output. */
export function firstLine(child: ChildProcessWithoutNullStreams): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (part: Buffer) => {
      text += part.toString('utf8');
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
    });
    child.once('close', () => {
      reject(new Error(`the process ended before its first line: ${text}`));
    });
  });
}

export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** A folder for files of one test file; remove() when done. */
export class Folder {
  readonly path: string = mkdtempSync(join(tmpdir(), 'kafka-hotpath-cli-'));

  file(name: string, content: unknown): string {
    const path = join(this.path, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}
