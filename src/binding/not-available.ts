/**
 * What is understood and checked, and cannot be used yet: setting it is one clear error. This is the only list of it;
 * the part that makes a property work takes its row away.
 */
import type { PropertyValue } from './property-spec.ts';

const AVRO = 'encoding by an Avro schema';
const REGISTRY = 'the schema registry';
const OAUTH = 'OAuthBearer authentication';

/** A whole property, whatever its value. */
const PROPERTIES_TO_COME: ReadonlyMap<string, string> = new Map([
  ['avroSchema', AVRO],
  ['keyAvroSchema', AVRO],
  ['schemaRegistryUrl', REGISTRY],
  ['schemaRegistryUsername', REGISTRY],
  ['schemaRegistryPassword', REGISTRY],
  ['oAuthBearerMethod', OAUTH],
  ['oAuthBearerClientId', OAUTH],
  ['oAuthBearerClientSecret', OAUTH],
  ['oAuthBearerScope', OAUTH],
  ['oAuthBearerTokenEndpointUrl', OAUTH],
  ['oAuthBearerExtensions', OAUTH],
  ['httpsCaLocation', OAUTH],
  ['httpsCaPem', OAUTH],
]);

/** One value of a property that has others. */
const VALUES_TO_COME: ReadonlyMap<string, string> = new Map([
  ['authenticationMode=Gssapi', 'GSSAPI (Kerberos) authentication'],
  ['authenticationMode=OAuthBearer', OAUTH],
]);

/** The part that a property's value waits for; undefined when it can be used. */
export function missingPart(property: string, value: PropertyValue): string | undefined {
  return PROPERTIES_TO_COME.get(property) ?? VALUES_TO_COME.get(`${property}=${value}`);
}
