/** What lies in a topic of the embedded broker, in a form that is easy to compare. */
import type { EmbeddedBroker } from '../../src/broker/index.ts';

function text(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('utf8');
}

export function values(broker: EmbeddedBroker, topic: string): (string | null)[] {
  return broker.records(topic).map(({ value }) => text(value));
}

/** [key, value, [[header name, header value], …]] of each record. */
export function messages(broker: EmbeddedBroker, topic: string): [string | null, string | null, unknown[]][] {
  return broker
    .records(topic)
    .map(({ key, value, headers }) => [
      text(key),
      text(value),
      headers.map((header) => [header.key, text(header.value)]),
    ]);
}

/** The envelope of the samples. */
export function envelope(value: unknown, language: string, more: object = {}): Record<string, unknown> {
  return {
    Offset: 364,
    Partition: 0,
    Topic: 'kafkaeventhubtest1',
    Timestamp: '2022-04-09T03:20:06.591Z',
    Value: value,
    Headers: [{ Key: 'test', Value: language }],
    ...more,
  };
}
