/**
 * Many texts in one native call: given an array, V8's serializer copies each text as it lies in memory, one behind the
 * other.
 *
 *     Array => 'A' count [Text] '$' 0 count
 *       count  => varint
 *     Text => '"' length units          a byte for each unit (Latin-1)
 *           | [0] 'c' length units      UTF-16; the 0 is there where its units would not begin at an even place
 *       length => varint                bytes
 *
 * A native call for each text takes twice as long on Node 20 and 22, and a concatenation leaves 32 bytes and the text
 * itself to the garbage collector. V8 may read what older versions wrote, but promises nothing about what it writes, so
 * a trial comes before the first use.
 */
import { Serializer } from 'node:v8';
import { MessageChannel, type MessagePort } from 'node:worker_threads';

/** Fewer are not worth the fixed cost of 2 to 3 µs. A count has two bytes from 128 to 16383. */
export const SERIALIZED_TEXTS_MIN = 200;

/** As UTF-16, a text of at least so many units has a length of two bytes; up to 8191. */
export const SERIALIZED_UNITS_MIN = 64;

export const TAG_ONE_BYTE = 0x22;
/** Tag and length of UTF-16, without the 0. */
export const UTF16_PREFIX_BYTES = 3;

const ARRAY_HEADER_BYTES = 3;
const ARRAY_TRAILER_BYTES = 4;

/** Tag and length of a text with a byte for each unit. */
export function oneBytePrefix(units: number): number {
  return units < 128 ? 2 : 3;
}

let isAsExpected: boolean | undefined;

/**
 * Copies the texts with their prefixes, and returns how many bytes that took: fewer than there are when the target has
 * no room. Empties the array, which must have no holes. −1: V8 could not, and will not be asked again; the texts are
 * still there.
 */
export function copyTexts(texts: string[], target: Buffer, at: number): number {
  try {
    const serializer = new Serializer();
    serializer.writeValue(texts);
    const array = serializer.releaseBuffer();
    const copied = array.copy(target, at, ARRAY_HEADER_BYTES, array.length - ARRAY_TRAILER_BYTES);
    free(array);
    // The serializer holds the array until it is collected, which would keep the texts one collection longer.
    texts.length = 0;
    return copied;
  } catch {
    isAsExpected = false;
    return -1;
  }
}

let closedPort: MessagePort | undefined;

/**
 * Left to the garbage collector, which sees only how small their objects are, buffers would pile up to tens of
 * megabytes, each on pages that are new to the processor. A closed port takes what is transferred to it and drops it.
 */
function free(buffer: Buffer): void {
  if (closedPort === undefined) {
    closedPort = new MessageChannel().port1;
    closedPort.close();
  }
  closedPort.postMessage(null, [buffer.buffer as ArrayBuffer]);
}

/** Whether texts are written as above. */
export function serializesAsExpected(): boolean {
  isAsExpected ??= tryOut();
  return isAsExpected;
}

function tryOut(): boolean {
  const texts: string[] = [];
  const parts: Buffer[] = [];
  let bytes = 0;
  for (let index = 0; index < SERIALIZED_TEXTS_MIN; index++) {
    const units = SERIALIZED_UNITS_MIN + 2 * index + (index & 1);
    const isOneByte = index % 3 > 0;
    const text = (isOneByte ? 'é' : '€').repeat(units);
    texts.push(text);
    const content = Buffer.from(text, isOneByte ? 'latin1' : 'utf16le');
    const length = content.length < 128 ? [content.length] : [(content.length & 0x7f) | 0x80, content.length >> 7];
    const padding = !isOneByte && (ARRAY_HEADER_BYTES + bytes + UTF16_PREFIX_BYTES) % 2 > 0 ? [0] : [];
    const part = Buffer.from([...padding, (isOneByte ? '"' : 'c').charCodeAt(0), ...length, ...content]);
    parts.push(part);
    bytes += part.length;
  }
  const target = Buffer.alloc(bytes + 1);
  return copyTexts(texts, target, 0) === bytes && target.equals(Buffer.concat([...parts, Buffer.alloc(1)]));
}
