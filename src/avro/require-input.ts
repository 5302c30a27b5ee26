/** What is handed in by mistake, in place of texts or lists, would end in an error about their insides. */
import { KafkaHotpathError, ValueError } from '../errors.ts';
import { describe } from './fault.ts';

export function requireText(text: unknown): void {
  if (typeof text === 'string') return;
  const message = `encodeJson: got ${describe(text)}; allowed: JSON text (encode takes values)`;
  throw new KafkaHotpathError('ERR_AVRO_VALUE', message);
}

/** @param what completes "an array of …" */
export function requireList(list: unknown, what: string): void {
  if (Array.isArray(list)) return;
  throw new ValueError('ERR_AVRO_VALUE', '$', `got ${describe(list)}; allowed: an array of ${what}`);
}
