/**
 * What goes before the bytes of a schema, by Confluent's wire format:
 *
 *     Message => magic schemaId MessageIndexes Body
 *       magic          => int8   0
 *       schemaId       => int32
 *       MessageIndexes => of Protobuf only, see protobuf-indexes.ts
 */

export const ID_BYTES = 5;
const NOTHING = new Uint8Array(0);

export function putSchemaId(front: Uint8Array, id: number): void {
  new DataView(front.buffer, front.byteOffset, ID_BYTES).setInt32(1, id);
}

export function frontOf(id: number, indexes: Uint8Array = NOTHING): Uint8Array {
  const front = new Uint8Array(ID_BYTES + indexes.length);
  putSchemaId(front, id);
  front.set(indexes, ID_BYTES);
  return front;
}
