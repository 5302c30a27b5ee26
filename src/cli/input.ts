/** Where a command reads from: a file, or standard input. */
import { createReadStream, fstatSync, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { UsageError } from './exit.ts';

const STDIN_FD = 0;

export function openInput(path: string | undefined): Readable {
  if (path === undefined) {
    // Node reads a folder as if it were empty; whoever gave one would take that for success.
    if (fstatSync(STDIN_FD).isDirectory()) throw new UsageError('standard input is a folder');
    return process.stdin;
  }
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new UsageError(`--input ${path} cannot be read: ${code === 'ENOENT' ? 'there is no such file' : code}`);
  }
  if (isFolder) throw new UsageError(`--input ${path} is a folder`);
  return createReadStream(path, { highWaterMark: 256 * 1024 });
}

/** What went wrong while reading, as a mistake of the command line: the stream was its choice. */
export function inputFailure(path: string | undefined, error: unknown): UsageError {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  return new UsageError(`${path === undefined ? 'standard input' : `--input ${path}`} cannot be read: ${code}`);
}

/** Everything there is, for commands that need the whole. */
export async function readWhole(path: string | undefined, bytesMax: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of openInput(path)) {
      bytes += (part as Buffer).length;
      if (bytes > bytesMax) throw new UsageError(`the input has more than ${bytesMax} bytes`);
      parts.push(part as Buffer);
    }
  } catch (error) {
    throw error instanceof UsageError ? error : inputFailure(path, error);
  }
  return Buffer.concat(parts);
}
