/**
 * Finds and reads the files that ssl*Location name. The places are those of the Azure extension, with the path kept
 * whole before its last part is tried alone: as given, then in the folder of the functions.
 */
import { readFileSync, statSync } from 'node:fs';
import { basename, isAbsolute, join, resolve } from 'node:path';
import type { Settings } from './settings.ts';

/** What a file was read to, or every place that was tried and why it gave nothing. */
export type FileReading =
  | { readonly text: string; readonly path: string; readonly isOpenToOthers: boolean }
  | { readonly fault: string };

/** A bundle of all public authorities has about 250 kB. */
const FILE_BYTES_MAX = 4 * 1024 * 1024;
const OTHERS_MAY_READ = 0o044;

/** Where a path may lead to, in the order it is tried. */
export function placesOf(path: string, settings: Settings, folder: string | undefined): string[] {
  const roots = folder === undefined ? [] : [folder];
  const scriptRoot = settings.find('AzureWebJobsScriptRoot')?.value;
  if (scriptRoot !== undefined) roots.push(scriptRoot);
  else if (isHosted(settings)) {
    const home = settings.find('HOME')?.value;
    if (home !== undefined) roots.push(join(home, 'site', 'wwwroot'));
  }
  const relative = isAbsolute(path) ? [] : [path];
  const inRoots = roots.flatMap((root) => [...relative, basename(path)].map((part) => resolve(root, part)));
  return [...new Set([resolve(path), ...inRoots])];
}

/** In Azure, or in a container of its runtime: what the extension asks before it looks in wwwroot. */
function isHosted(settings: Settings): boolean {
  const environment = settings.find('AZURE_FUNCTIONS_ENVIRONMENT')?.value ?? '';
  return settings.find('FUNCTIONS_WORKER_RUNTIME') !== undefined && environment.toLowerCase() !== 'development';
}

/** The first place that holds a file. One that is there and cannot be used ends the search: it was meant. */
export function readPlaces(places: readonly string[]): FileReading {
  const tried: string[] = [];
  for (const place of places) {
    try {
      const { mode, size, ...stats } = facts(place);
      const named = JSON.stringify(place);
      if (stats.isFolder) return { fault: `${named} is a folder` };
      if (!stats.isFile) return { fault: `${named} is no regular file` };
      if (size === 0) return { fault: `${named} is empty` };
      if (size > FILE_BYTES_MAX) return { fault: `${named} has ${size} bytes; allowed: at most ${FILE_BYTES_MAX}` };
      // Latin 1 keeps every byte, so that a file which is no text can be told by its first ones.
      return { text: readFileSync(place, 'latin1'), path: place, isOpenToOthers: (mode & OTHERS_MAY_READ) !== 0 };
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
      if (code !== 'ENOENT' && code !== 'ENOTDIR')
        return { fault: `${JSON.stringify(place)} cannot be read (${code})` };
      tried.push(JSON.stringify(place));
    }
  }
  return { fault: `there is no such file; tried: ${tried.join(', ')}` };
}

function facts(path: string): { mode: number; size: number; isFolder: boolean; isFile: boolean } {
  const stats = statSync(path);
  return { mode: stats.mode, size: stats.size, isFolder: stats.isDirectory(), isFile: stats.isFile() };
}
