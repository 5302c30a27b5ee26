/** Under which subject a schema is registered: Confluent's three strategies. */

export const SUBJECT_STRATEGIES = ['TopicName', 'RecordName', 'TopicRecordName'] as const;

/**
 * - TopicName: `orders-value`, `orders-key`; one schema for all of a topic. The default everywhere.
 * - RecordName: `shop.Order`; one for the record, whatever the topic.
 * - TopicRecordName: `orders-shop.Order`; several kinds of records in one topic.
 */
export type SubjectStrategy = (typeof SUBJECT_STRATEGIES)[number];

export interface SubjectParts {
  readonly topic: string;
  readonly role: 'key' | 'value';
  /** Full name of the record or message; undefined when the schema has none. */
  readonly recordName: string | undefined;
}

/** Undefined when the strategy needs the name of a record and there is none. */
export function subjectOf(strategy: SubjectStrategy, { topic, role, recordName }: SubjectParts): string | undefined {
  if (strategy === 'TopicName') return `${topic}-${role}`;
  if (recordName === undefined) return undefined;
  return strategy === 'RecordName' ? recordName : `${topic}-${recordName}`;
}
