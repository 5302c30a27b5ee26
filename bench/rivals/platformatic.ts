/**
 * The encoder, checksum and hash of @platformatic/kafka. It wants Node 22 for one function, which Node 20 can be given.
 * Its checksum is the native addon's when that is installed, as it is here: its encoder is measured at its best.
 */
import type { Field, RecordInput } from 'kafka-hotpath/engine';

interface OutgoingMessage {
  key: Buffer | undefined;
  value: Buffer;
  headers: Map<Buffer, Buffer>;
  topic: string;
  timestamp: bigint;
}

interface Package {
  createRecordsBatch: (messages: OutgoingMessage[], options: object) => { buffer: Buffer };
  readRecordsBatches: (reader: unknown) => { records: { value: Buffer }[] }[];
  Reader: { from: (bytes: Buffer) => unknown };
  murmur2: (key: Buffer) => number;
}

function withResolvers(): object {
  let resolve: ((value: unknown) => void) | undefined;
  let reject: ((reason: unknown) => void) | undefined;
  const promise = new Promise((onDone, onFailure) => {
    resolve = onDone;
    reject = onFailure;
  });
  return { promise, resolve, reject };
}
if (!('withResolvers' in Promise)) Object.assign(Promise, { withResolvers });

// By a name in a variable: its declarations want a newer Node than ours.
const packageName: string = '@platformatic/kafka';
const checksumPackageName: string = '@platformatic/wasm-utils';
const platformatic = (await import(packageName)) as Package;
const { crc32c } = (await import(checksumPackageName)) as { crc32c: (bytes: Buffer) => number };

/** Its checksum without the native addon: in WebAssembly too. */
export const platformaticCrc32c = crc32c;
export const platformaticMurmur2 = platformatic.murmur2;

/** As its producer does for each send: texts become buffers, each message an object of its own. */
export function encodeWithPlatformatic(records: readonly RecordInput[]): Uint8Array {
  const messages = records.map(({ key, value, headers = [], timestamp = 0 }): OutgoingMessage => {
    const entries = headers.map((header): [Buffer, Buffer] => [Buffer.from(header.key), toBuffer(header.value)]);
    return {
      key: key === null || key === undefined ? undefined : toBuffer(key),
      value: toBuffer(value ?? null),
      headers: new Map(entries),
      topic: 'bench',
      timestamp: BigInt(timestamp),
    };
  });
  return platformatic.createRecordsBatch(messages, { producerId: -1n, producerEpoch: -1 }).buffer;
}

function toBuffer(field: Field): Buffer {
  if (Buffer.isBuffer(field)) return field;
  return field === null ? Buffer.alloc(0) : Buffer.from(field as string);
}

export function decodeWithPlatformatic(bytes: Buffer): number {
  return platformatic.readRecordsBatches(platformatic.Reader.from(bytes))[0]?.records.length ?? 0;
}
