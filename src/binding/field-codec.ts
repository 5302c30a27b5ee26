/** How keys and values of messages become what the producer takes: as they are, or by a schema. */
import type { StagedField } from '../engine/engine.ts';
import { type BooleanStyle, fieldOf } from './fields.ts';
import { keyOf } from './key-types.ts';
import type { KeyType } from './payload.ts';

export interface FieldCodec {
  /** Values go by a schema: no JSON text is made of an object. */
  readonly encodesValues: boolean;
  /** @throws Refusal */
  key(key: unknown, path: string, style: BooleanStyle): StagedField;
  /** @throws Refusal */
  value(value: unknown, path: string, style: BooleanStyle): StagedField;
}

/** Texts and bytes as they are, objects as their JSON, keys as keyDataType says. */
export function plainCodec(keyType: KeyType): FieldCodec {
  return {
    encodesValues: false,
    key: (key, path, style) => keyOf(key, path, keyType, style),
    value: fieldOf,
  };
}
