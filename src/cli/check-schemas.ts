/** The way to the schemas of keys and values: each address of the registry by itself, then each schema and its id. */
import type { BindingConfig } from '../binding/config.ts';
import { type EncoderContext, openEncoder, type OpenedEncoder, openFormat } from '../binding/open-encoders.ts';
import type { RegistryConfig } from '../binding/registry-config.ts';
import type { SchemaConfig } from '../binding/schema-config.ts';
import { type Role, SchemaLookup } from '../binding/schema-lookup.ts';
import { openEngine } from '../engine/select.ts';
import { type ErrorCode, KafkaHotpathError } from '../errors.ts';
import type { EndingName } from './check-endings.ts';
import { type CheckStep, timed } from './check-step.ts';

/** What is wrong with the address, the way there or the login; anything else is an answer of the registry. */
const OF_ADDRESS: ReadonlySet<ErrorCode> = new Set(['ERR_REGISTRY', 'ERR_REGISTRY_AUTH', 'ERR_REGISTRY_TLS']);

interface Asked {
  readonly role: Role;
  readonly schema: SchemaConfig;
}

/** Yields each step as it ends; returns how it all ended. Nothing is registered. */
export async function* schemaSteps(config: BindingConfig): AsyncGenerator<CheckStep, EndingName> {
  const { schemas, topic, payload } = config;
  if (schemas === undefined) return 'ok';
  const context: EncoderContext = { engine: openEngine(), topic, strict: payload.strict };
  const roles: Asked[] = (['value', 'key'] as const).flatMap((role) => {
    const schema = schemas[role];
    return schema === undefined ? [] : [{ role, schema }];
  });
  // A lookup for a check asks once and changes nothing.
  const registry = schemas.registry && { ...schemas.registry, autoRegister: false, retries: 0 };
  const first = roles.find(({ schema }) => asksRegistry(schema));
  if (registry !== undefined && first !== undefined) {
    const ending = yield* addressSteps(registry, first, context);
    if (ending !== 'ok') return ending;
  }
  const lookup = registry && new SchemaLookup(registry, topic);
  try {
    for (const one of roles) {
      const { result, ending } = await timed('schema', `${one.role}s of ${topic}`, async () => {
        return schemaText(one, lookup, context, schemas.registry?.autoRegister === true);
      });
      yield result;
      if (ending !== 'ok') return ending;
    }
    return 'ok';
  } finally {
    lookup?.close();
  }
}

/** With text and id there is nothing to ask for. */
function asksRegistry({ avro, format, id }: SchemaConfig): boolean {
  return id === undefined || (avro === undefined && format?.kind !== 'json');
}

/** Every address is tried; one that does is enough, as it is for sending. */
async function* addressSteps(
  registry: RegistryConfig,
  asked: Asked,
  context: EncoderContext,
): AsyncGenerator<CheckStep, EndingName> {
  let ending: EndingName = 'ok';
  let isReachable = false;
  for (const url of registry.urls) {
    const tried = await timed('registry', new URL(url).host, async () => {
      await tryAddress({ ...registry, urls: [url] }, asked, context);
      return addressText(registry, url);
    });
    yield tried.result;
    if (tried.ending === 'ok') isReachable = true;
    else ending = tried.ending;
  }
  return isReachable ? 'ok' : ending;
}

async function tryAddress(registry: RegistryConfig, { schema, role }: Asked, context: EncoderContext): Promise<void> {
  const lookup = new SchemaLookup(registry, context.topic);
  try {
    await openEncoder(schema, role, lookup, context);
  } catch (error) {
    if (!(error instanceof KafkaHotpathError) || OF_ADDRESS.has(error.code)) throw error;
  } finally {
    lookup.close();
  }
}

function addressText({ basic, token }: RegistryConfig, url: string): string {
  const tls = url.startsWith('https:') ? ', its certificate is trusted' : '';
  const login =
    basic !== undefined ? ', user and password are accepted' : token === undefined ? '' : ', the token is accepted';
  return `it answers${tls}${login}`;
}

async function schemaText(
  { role, schema }: Asked,
  lookup: SchemaLookup | undefined,
  context: EncoderContext,
  willRegister: boolean,
): Promise<string> {
  try {
    return encoderText(await openEncoder(schema, role, lookup, context), schema);
  } catch (error) {
    const isMissing = error instanceof KafkaHotpathError && error.code === 'ERR_REGISTRY_NOT_FOUND';
    const format = isMissing && willRegister ? await openFormat(schema, role, context) : undefined;
    if (lookup === undefined || format?.schema === undefined) throw error;
    const subject = await lookup.checkRegistering(format, role);
    return `${format.schemaType}, will be registered under subject ${subject}, which takes it`;
  }
}

function encoderText({ format, found }: OpenedEncoder, { id }: SchemaConfig): string {
  const name = format.recordName === undefined ? '' : ` ${format.recordName}`;
  if (found?.subject !== undefined) return `${format.schemaType}${name}, id ${found.id} under subject ${found.subject}`;
  if (found !== undefined && id === undefined) return `${format.schemaType}${name}, id ${found.id}`;
  return `${format.schemaType}${name}, ${id === undefined ? 'no id' : `id ${id} as given`}`;
}
