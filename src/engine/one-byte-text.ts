/**
 * Texts that V8 keeps with a byte for each unit (Latin-1), copied as they lie in its memory. From Node 24 on compiled
 * code asks and copies without leaving the compiled world (V8's fast API calls): 17 ns for a text of 100 B, no more
 * than its share of a concatenation, and nothing is left to the garbage collector. Before, a copy is a call into C++.
 * Many short ones take less in one call (serialized-texts.ts).
 */
import * as v8 from 'node:v8';

interface Asker {
  /** Since Node 22.15 and 23.10; not in the declarations of Node 20. */
  isStringOneByteRepresentation?: (text: string) => boolean;
}

/** On the prototype of every Node, in no documentation, like utf8Write. */
interface Latin1Writer {
  latin1Write?: (text: string, at: number, bytesMax: number) => number;
}

const NODE_MAJOR_MIN = 24;

const nodeMajor = Number(process.versions.node.split('.')[0]);
const ask = (v8 as Asker).isStringOneByteRepresentation;
const isNative = typeof (Buffer.prototype as Latin1Writer).latin1Write === 'function';

export const hasOneByteTexts: boolean = nodeMajor >= NODE_MAJOR_MIN && ask !== undefined && isNative;

/** Whether the text is kept so; only to be asked where hasOneByteTexts. */
export const isOneByteText = ask as (text: string) => boolean;

/** Copies the units of such a text; false when there was no room for all, or the memory is gone. */
export function writeOneByteText(target: Buffer, text: string, at: number): boolean {
  const units = text.length;
  return (target as unknown as Required<Latin1Writer>).latin1Write(text, at, units) === units;
}
