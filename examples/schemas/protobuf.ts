/**
 * Protobuf: values by a message of a descriptor set, keys by another, with the id of a schema in front.
 *
 *   BROKERS=localhost:9092 node --import tsx examples/schemas/protobuf.ts
 */
import { message, openKafkaOutput } from 'kafka-hotpath';

const output = await openKafkaOutput(
  {
    brokerList: '%BROKERS%',
    topic: 'orders',
    protobufDescriptorLocation: 'orders.pb',
    protobufMessage: 'shop.Order',
    keyProtobufMessage: 'shop.Customer',
    schemaId: 7,
    keySchemaId: 7,
  },
  { settings: { BROKERS: process.env['BROKERS'] ?? 'localhost:9092' }, functionFolder: import.meta.dirname },
);
const reports = await output.send([
  message({ key: { name: 'Ada' }, value: { id: 9007199254740993n, placedAt: new Date(0), lines: [{ sku: 'a' }] } }),
  '{"id":"2","lines":[{"price":9.5}]}',
  { id: 3, lines: [{ sku: 'b' }, { price: 'cheap' }] },
]);
for (const { status, error } of reports) console.log(error === undefined ? status : error.message);
await output.close();
