/** How values become messages: everything about it that can be chosen, and what applies when nothing is. */

/**
 * azure: six exact names. lenient: Value and any of the others, in any letter case, Timestamp and Partition honoured,
 * headers also as an object. never: no value is an envelope.
 */
export type EnvelopeMode = 'azure' | 'lenient' | 'never';

export const ENVELOPE_MODES: readonly EnvelopeMode[] = ['azure', 'lenient', 'never'];

/**
 * What the Azure extension and its host do and this binding does not, where somebody may have come to rely on it. Each
 * can be had back by its name; docs/binding.md tells what each is.
 */
export type AzureQuirk =
  | 'indentedJson'
  | 'bracketedTextFails'
  | 'nullElementsAreEmpty'
  | 'envelopeFallback'
  | 'envelopeDates'
  | 'zeroKeys';

export const AZURE_QUIRKS: readonly AzureQuirk[] = [
  'indentedJson',
  'bracketedTextFails',
  'nullElementsAreEmpty',
  'envelopeFallback',
  'envelopeDates',
  'zeroKeys',
];

/** How keys are written; the values of the property keyDataType. */
export type KeyType = 'Int' | 'Long' | 'String' | 'Binary';

/**
 * skip: a message that cannot be sent is reported and its neighbours go on. refuseAll: then none of its send is sent.
 */
export type InvalidMessages = 'skip' | 'refuseAll';

export const INVALID_MESSAGES: readonly InvalidMessages[] = ['skip', 'refuseAll'];

export interface PayloadConfig {
  readonly envelope: EnvelopeMode;
  readonly azureQuirks: readonly AzureQuirk[];
  readonly keyType: KeyType;
  readonly invalidMessages: InvalidMessages;
  /** Refuses what could only be sent changed: NaN inside an object, half a surrogate pair in a text. */
  readonly strict: boolean;
  /** The largest message, for refuseAll: it has to know before the producer does. */
  readonly recordBytesMax: number;
}

export const DEFAULT_PAYLOAD: PayloadConfig = Object.freeze({
  envelope: 'azure',
  azureQuirks: Object.freeze([]),
  keyType: 'String',
  invalidMessages: 'skip',
  strict: false,
  recordBytesMax: 1_000_000,
});
