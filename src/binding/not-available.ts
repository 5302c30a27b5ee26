/**
 * What is understood and checked, and cannot be used yet: setting it is one clear error. This is the only list of it;
 * the part that makes a property work takes its row away.
 */
const REGISTRY = 'the schema registry';

/** A whole property, whatever its value. */
const PROPERTIES_TO_COME: ReadonlyMap<string, string> = new Map([
  ['schemaRegistryUrl', REGISTRY],
  ['schemaRegistryUsername', REGISTRY],
  ['schemaRegistryPassword', REGISTRY],
]);

/** The part that a property's value waits for; undefined when it can be used. */
export function missingPart(property: string): string | undefined {
  return PROPERTIES_TO_COME.get(property);
}
