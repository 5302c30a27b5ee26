/**
 * JSON by a JSON Schema, with the id of the schema in front and a hook that checks each value.
 *
 *   BROKERS=localhost:9092 node --import tsx examples/schemas/json-schema.ts
 */
import { openKafkaOutput } from 'kafka-hotpath';

const schema = { title: 'Order', type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] };

// With ajv it is: new Ajv().compile(schema)
function validate(value: unknown): true | string {
  return Number.isInteger((value as { id?: unknown }).id) || 'id must be an integer';
}

const output = await openKafkaOutput(
  { brokerList: '%BROKERS%', topic: 'orders', jsonSchema: JSON.stringify(schema), schemaId: 8 },
  { settings: { BROKERS: process.env['BROKERS'] ?? 'localhost:9092' }, validate },
);
const reports = await output.send([{ id: 1, note: 'an object' }, '{"id": 2.0}', { id: 'three' }]);
for (const { status, error } of reports) console.log(error === undefined ? status : error.message);
await output.close();
