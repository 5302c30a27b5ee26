/**
 * UTF-8 into a buffer by the native writer itself. `buf.write` finds the encoding first, which costs 20 ns a call; the
 * method behind it is on the prototype of every Node so far, but in no documentation.
 */

interface NativeWriter {
  utf8Write(text: string, at: number): number;
}

const isNative = typeof (Buffer.prototype as Partial<NativeWriter>).utf8Write === 'function';

/** Writes all of the text, lone surrogates as U+FFFD, and returns its bytes; there must be room for three per unit. */
export function writeUtf8(target: Buffer, text: string, at: number): number {
  const bytes = isNative ? (target as unknown as NativeWriter).utf8Write(text, at) : target.write(text, at);
  // The native one stops at the end of the buffer, and writes nothing to one whose memory is gone, in silence.
  if (bytes < text.length) throw new RangeError(`${bytes} bytes written of a text of ${text.length} units`);
  return bytes;
}
