/** What turns values into the bytes of one schema: Avro, Protobuf or JSON, many values in a call. */

/** As a schema registry names the kinds. */
export type SchemaType = 'AVRO' | 'PROTOBUF' | 'JSON';

/** Value i is bytes[ends[i − 1] … ends[i]]. */
export interface EncodedGroup {
  readonly bytes: Uint8Array;
  readonly ends: ArrayLike<number>;
}

export interface ValueFormat {
  readonly schemaType: SchemaType;
  /** The schema as a registry is to have it; undefined: it has to be there already. */
  readonly schema: string | undefined;
  /** Full name of the record or message, for subjects that are named by it; undefined when it has none. */
  readonly recordName: string | undefined;
  /** Whether bytes can be a value; where they cannot, they are refused rather than read as an object. */
  readonly takesBytes: boolean;
  /**
   * What Confluent's wire format has between the id and the bytes, if anything; by the schema that the registry has
   * under the id, where that is known. Undefined: that schema is of something else.
   */
  indexes?(registered?: string): Uint8Array | undefined;
  /** Whether a text is JSON of the value; otherwise it is the value itself. */
  isJson(text: string): boolean;
  /**
   * All or none. Throws ValueError, as the three below do.
   * @param into memory that may be used for them, until the caller writes it again
   */
  encodeGroup(values: readonly unknown[], into?: Uint8Array): EncodedGroup;
  encodeJsonGroup(texts: readonly string[], into?: Uint8Array): EncodedGroup;
  encode(value: unknown): Uint8Array;
  encodeJson(text: string): Uint8Array;
}

/** Values encoded one by one, as a group. */
export function concatenated(parts: readonly Uint8Array[]): EncodedGroup {
  let end = 0;
  return { bytes: Buffer.concat(parts), ends: parts.map(({ length }) => (end += length)) };
}
