/**
 * What goes before the bytes of a schema, by Confluent's wire format:
 *
 *     Message => magic schemaId Body
 *       magic    => int8   0
 *       schemaId => int32
 */

export const ID_BYTES = 5;

export function putSchemaId(front: Uint8Array, id: number): void {
  new DataView(front.buffer, front.byteOffset, ID_BYTES).setInt32(1, id);
}

export function frontOf(id: number): Uint8Array {
  const front = new Uint8Array(ID_BYTES);
  putSchemaId(front, id);
  return front;
}
