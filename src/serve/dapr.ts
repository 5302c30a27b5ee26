/**
 * The output binding call of Dapr's HTTP API: one call is one message. Its data is the value, its metadata key or
 * partitionKey the key, and the rest of the metadata its headers.
 */
import { message } from '../binding/message.ts';
import { deliver, deliveryProblem, firstFailure } from './deliver.ts';
import { type Exchange, plainProblem, type Reply, requireBinding, type Route } from './exchange.ts';
import { malformed } from './problem.ts';
import { isObject, readObject, requireMediaType } from './read-json.ts';

export const daprRoute: Route = {
  name: 'dapr',
  methods: ['POST', 'PUT'],
  path: ['v1.0', 'bindings', null],
  handle: invoke,
  problemReply: plainProblem,
};

const KEY_NAMES = ['key', 'partitionKey'];

async function invoke(exchange: Exchange): Promise<Reply> {
  requireBinding(exchange);
  requireMediaType(exchange, ['application/json']);
  const { operation, data, metadata = {} } = await readObject(exchange);
  if (operation !== 'create') throw malformed('operation must be "create", the only one of an output binding');
  if (!isObject(metadata)) throw malformed('metadata must be an object of texts');
  const { key, headers } = readMetadata(metadata);
  if ((data === undefined || data === null) && key === undefined) {
    throw malformed('data is missing; without it only a tombstone can be meant, which needs metadata.key');
  }
  const reports = await deliver(exchange, [message({ key, value: data ?? null, headers })]);
  const failure = firstFailure(reports);
  if (failure !== undefined) throw deliveryProblem(failure);
  return { status: 204 };
}

function readMetadata(metadata: Readonly<Record<string, unknown>>): {
  key: string | undefined;
  headers: (readonly [string, string])[];
} {
  let key: string | undefined;
  const headers: (readonly [string, string])[] = [];
  for (const [name, value] of Object.entries(metadata)) {
    // Clients write numbers and booleans as such; Dapr itself has texts only.
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      throw malformed(`metadata.${name.slice(0, 40)} must be text`);
    }
    if (KEY_NAMES.includes(name)) key ??= String(value);
    else headers.push([name, String(value)]);
  }
  return { key, headers };
}
