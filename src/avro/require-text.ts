/** encodeJson takes text; a value handed in by mistake would end in an error about JSON that helps nobody. */
import { KafkaHotpathError } from '../errors.ts';
import { describe } from './fault.ts';

export function requireText(text: unknown): void {
  if (typeof text === 'string') return;
  const message = `encodeJson: got ${describe(text)}; allowed: JSON text (encode takes values)`;
  throw new KafkaHotpathError('ERR_AVRO_VALUE', message);
}
