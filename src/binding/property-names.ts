/** Finds the property that a written name means, or the one it probably should have been. */
import { PROPERTIES } from './properties.ts';
import type { PropertySpec } from './property-spec.ts';

/** Any letter case, and the separators of Python's names: broker_list and brokerlist are brokerList. */
function plainForm(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '');
}

const BY_PLAIN_NAME = new Map<string, PropertySpec>(PROPERTIES.map((spec) => [plainForm(spec.name), spec]));

/** Names people bring from other clients. */
const FROM_ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ...PROPERTIES.flatMap((spec) => (spec.librdkafka === undefined ? [] : [[spec.librdkafka, spec.name] as const])),
  ['brokers', 'brokerList'],
  ['bootstrapservers', 'brokerList'],
  ['connection', 'brokerList'],
  ['topicname', 'topic'],
  ['retries', 'maxRetries'],
  ['linger', 'lingerMs'],
  ['user', 'username'],
  ['saslusername', 'username'],
  ['saslpassword', 'password'],
  ['saslmechanism', 'authenticationMode'],
  ['mechanism', 'authenticationMode'],
  ['securityprotocol', 'protocol'],
  ['idempotent', 'enableIdempotence'],
  ['idempotence', 'enableIdempotence'],
]);

/** Things that cannot be set, and what is the case instead. */
const NOT_SETTABLE: ReadonlyMap<string, string> = new Map([
  ['acks', 'every message waits for all in-sync replicas (acks=all)'],
  ['requestrequiredacks', 'every message waits for all in-sync replicas (acks=all)'],
  ['compression', 'messages are sent uncompressed'],
  ['compressiontype', 'messages are sent uncompressed'],
  ['compressioncodec', 'messages are sent uncompressed'],
  ['consumergroup', 'it belongs to the Kafka trigger, not to the output'],
  ['partitioner', 'it is an option of openKafkaOutput, not a property'],
]);

export function findProperty(name: string): PropertySpec | undefined {
  return BY_PLAIN_NAME.get(plainForm(name));
}

/** What to do about a name that is no property, as the end of a sentence. */
export function adviceFor(name: string): string {
  const plain = plainForm(name);
  const known = NOT_SETTABLE.get(plain.replaceAll('.', ''));
  if (known !== undefined) return `it cannot be set: ${known}; remove it`;
  const nearest = FROM_ELSEWHERE.get(name.toLowerCase()) ?? FROM_ELSEWHERE.get(plain) ?? nearestName(plain);
  return nearest === undefined ? 'remove it' : `did you mean ${nearest}?`;
}

/** A property whose name is a few keystrokes away: one in three of the letters at most, and never more than three. */
function nearestName(plain: string): string | undefined {
  // Nobody mistypes a name into something twice as long; the bound also keeps the comparison cheap for hostile input.
  if (plain.length > 40) return undefined;
  let best: { name: string; distance: number } | undefined;
  for (const [candidate, spec] of BY_PLAIN_NAME) {
    const distance = editDistance(plain, candidate);
    const bound = Math.min(3, Math.floor(candidate.length / 3));
    if (distance <= bound && (best === undefined || distance < best.distance)) best = { name: spec.name, distance };
  }
  return best?.name;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
function editDistance(left: string, right: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      let cost = Math.min(
        (previous[column] as number) + 1,
        (current[column - 1] as number) + 1,
        (previous[column - 1] as number) + (same ? 0 : 1),
      );
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (row > 1 && column > 1 && swapped) cost = Math.min(cost, (beforePrevious[column - 2] as number) + 1);
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[right.length] as number;
}
