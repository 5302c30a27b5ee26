/** What compileAvro gives: one schema, ready to encode. Both engines have the same bytes and the same errors. */

export interface AvroType {
  /** The schema as it was given; a registry's fingerprint needs exactly this. */
  readonly schema: string;
  /** Mistakes in the schema that the specification has everybody ignore: unknown or unfitting logical types. */
  readonly warnings: readonly string[];
  /** Throws ERR_AVRO_VALUE, naming the place in the value. */
  encode(value: unknown): Uint8Array;
  /**
   * Many values at once, for less than the same number of calls; all or none.
   * @param into memory for them, used when they have room there: new memory takes about a third of the time
   */
  encodeGroup(values: readonly unknown[], into?: Uint8Array): AvroGroup;
  /** From JSON text, plain or in Avro's own JSON form, without building the value. */
  encodeJson(text: string): Uint8Array;
  /** The same for many texts, for less than the same number of calls; all or none. */
  encodeJsonGroup(texts: readonly string[], into?: Uint8Array): AvroGroup;
  /** The value that these bytes are; encode gives the same bytes for it. */
  decode(bytes: Uint8Array): unknown;
}

/** Value i is bytes[ends[i − 1] … ends[i]]. */
export interface AvroGroup {
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
}
