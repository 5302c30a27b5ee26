/**
 * Memory in which the messages of a send are encoded before they are copied into their records. New memory for each
 * group costs more than the encoding of it, because the system hands out pages one fault at a time. One piece for the
 * process is enough: most sends are taken in one go, and those that have to wait bring no new ones.
 */

/** What is encoded ahead of one send is meant to stay below this. */
export const GROUP_MEMORY_BYTES = 262_144;

let spare: Buffer | undefined;

/** The caller's until it is given back; whoever never does costs the next one new memory, no more. */
export function takeGroupMemory(): Buffer {
  const memory = spare ?? Buffer.allocUnsafeSlow(GROUP_MEMORY_BYTES);
  spare = undefined;
  return memory;
}

export function giveGroupMemory(memory: Buffer): void {
  spare = memory;
}
