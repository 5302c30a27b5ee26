/**
 * Every property of the binding, in one table: parsing, checking, help and the tables of documents come from here.
 * Names, defaults and ranges are those of the documentation of the Azure Functions Kafka output binding; where the
 * extension's code differs from its documentation, the document wins and the difference is a word in `doc`.
 */
import type { Choice, PropertySpec } from './property-spec.ts';

/** Largest signed 32-bit integer: the upper end of librdkafka's times and counts. */
const INT32_MAX = 2_147_483_647;

const PROTOCOLS: readonly Choice[] = [
  { name: 'NotSet', number: -1, librdkafka: 'plaintext' },
  { name: 'Plaintext', number: 0, librdkafka: 'plaintext' },
  { name: 'Ssl', number: 1, librdkafka: 'ssl' },
  { name: 'SaslPlaintext', number: 2, librdkafka: 'sasl_plaintext' },
  { name: 'SaslSsl', number: 3, librdkafka: 'sasl_ssl' },
];

const AUTHENTICATION_MODES: readonly Choice[] = [
  { name: 'NotSet', number: -1 },
  { name: 'Gssapi', number: 0, librdkafka: 'GSSAPI' },
  { name: 'Plain', number: 1, librdkafka: 'PLAIN' },
  { name: 'ScramSha256', number: 2, librdkafka: 'SCRAM-SHA-256' },
  { name: 'ScramSha512', number: 3, librdkafka: 'SCRAM-SHA-512' },
  { name: 'OAuthBearer', number: 4, librdkafka: 'OAUTHBEARER' },
];

/** A property that holds a text which may name settings. */
function text(name: string, doc: string, more: Partial<PropertySpec> = {}): PropertySpec {
  return { name, kind: 'text', default: undefined, resolves: true, doc, ...more };
}

const BINDING: readonly PropertySpec[] = [
  {
    name: 'type',
    kind: 'choice',
    default: 'kafka',
    choices: [{ name: 'kafka' }, { name: 'kafkaOutput' }],
    doc: 'The kind of binding.',
  },
  {
    name: 'direction',
    kind: 'choice',
    default: 'out',
    choices: [{ name: 'out' }],
    doc: 'The direction of the binding; this one sends.',
  },
  {
    name: 'name',
    kind: 'text',
    default: undefined,
    doc: 'The name of the binding in its function; $return for the value returned.',
  },
  {
    name: 'dataType',
    kind: 'choice',
    default: undefined,
    choices: [{ name: 'string' }, { name: 'binary' }, { name: 'stream' }],
    ignored: 'the type of each value set decides how it is sent, as in the extension',
    doc: 'The type of the parameter in the function; without effect on an output.',
  },
  {
    name: 'cardinality',
    kind: 'choice',
    default: undefined,
    choices: [{ name: 'One' }, { name: 'Many' }],
    ignored: 'an array is many messages and any other value is one, as in the extension',
    doc: 'One or Many; without effect on an output.',
  },
];

const TARGET: readonly PropertySpec[] = [
  text('brokerList', 'Comma-separated host:port of the brokers to start from.', {
    required: true,
    librdkafka: 'bootstrap.servers',
  }),
  text('topic', 'The topic the messages go to.', { required: true }),
];

const DELIVERY: readonly PropertySpec[] = [
  {
    name: 'maxMessageBytes',
    kind: 'integer',
    default: 1_000_000,
    min: 1,
    max: 1_000_000_000,
    unit: 'bytes',
    librdkafka: 'message.max.bytes',
    doc: 'The largest message. 1–999 counts megabytes (1 000 000 bytes) as documented, 1000 and more bytes as coded.',
  },
  {
    name: 'batchSize',
    kind: 'integer',
    default: 10_000,
    min: 1,
    max: 1_000_000,
    unit: 'messages',
    librdkafka: 'batch.num.messages',
    doc: 'The most messages in one batch.',
  },
  {
    name: 'enableIdempotence',
    kind: 'boolean',
    default: false,
    librdkafka: 'enable.idempotence',
    doc: 'Retries never store a message twice.',
  },
  {
    name: 'messageTimeoutMs',
    kind: 'integer',
    default: 300_000,
    min: 0,
    max: INT32_MAX,
    unit: 'ms',
    librdkafka: 'message.timeout.ms',
    doc: 'The time from handing a message over to its report; 0 is no limit.',
  },
  {
    name: 'requestTimeoutMs',
    kind: 'integer',
    default: 5_000,
    min: 1,
    max: 900_000,
    unit: 'ms',
    librdkafka: 'request.timeout.ms',
    doc: 'How long a broker may wait for its replicas.',
  },
  {
    name: 'maxRetries',
    kind: 'integer',
    default: 2,
    min: 0,
    max: INT32_MAX,
    unit: 'retries',
    librdkafka: 'message.send.max.retries',
    doc: 'Attempts after the first of a batch that may have reached the log (2 147 483 647 in the extension’s code).',
  },
  {
    name: 'lingerMs',
    kind: 'integer',
    default: 5,
    min: 0,
    max: 900_000,
    unit: 'ms',
    since: '3.7',
    librdkafka: 'linger.ms',
    doc: 'How long a batch that is not full waits for more messages.',
  },
];

const SECURITY: readonly PropertySpec[] = [
  {
    name: 'protocol',
    kind: 'choice',
    default: 'NotSet',
    choices: PROTOCOLS,
    librdkafka: 'security.protocol',
    doc: 'How to talk to the brokers; NotSet is Plaintext.',
  },
  {
    name: 'authenticationMode',
    kind: 'choice',
    default: 'NotSet',
    choices: AUTHENTICATION_MODES,
    librdkafka: 'sasl.mechanism',
    doc: 'The SASL mechanism; NotSet is Plain when the protocol is SASL.',
  },
  text('username', 'The SASL user; $ConnectionString for Event Hubs.', { librdkafka: 'sasl.username' }),
  text('password', 'The SASL password.', { librdkafka: 'sasl.password', secret: true }),
  text('sslCaLocation', 'A file with the certificate authorities to trust.', {
    librdkafka: 'ssl.ca.location',
  }),
  text('sslCertificateLocation', 'A file with the certificate of this client.', {
    librdkafka: 'ssl.certificate.location',
  }),
  text('sslKeyLocation', 'A file with the private key of this client.', {
    librdkafka: 'ssl.key.location',
  }),
  text('sslKeyPassword', 'The passphrase of the private key.', {
    librdkafka: 'ssl.key.password',
    secret: true,
  }),
  text('sslCaPEM', 'The certificate authorities to trust, as PEM text.', {
    librdkafka: 'ssl.ca.pem',
    secret: true,
    since: '4.1',
  }),
  text('sslCertificatePEM', 'The certificate of this client, as PEM text.', {
    librdkafka: 'ssl.certificate.pem',
    secret: true,
    since: '4.1',
  }),
  text('sslKeyPEM', 'The private key of this client, as PEM text.', {
    librdkafka: 'ssl.key.pem',
    secret: true,
    since: '4.1',
  }),
  text('sslCertificateandKeyPEM', 'Certificate and private key of this client in one PEM text.', {
    secret: true,
    since: '4.1',
  }),
];

function schemaId(name: string, what: string): PropertySpec {
  return {
    name,
    kind: 'integer',
    default: undefined,
    min: 0,
    max: INT32_MAX,
    doc: `The id of the schema of the ${what}, as a registry has given it.`,
  };
}

const SCHEMAS: readonly PropertySpec[] = [
  text('avroSchema', 'The Avro schema of the values, as JSON text.'),
  text('keyAvroSchema', 'The Avro schema of the keys, as JSON text.', { since: '4.1' }),
  text('protobufDescriptorLocation', 'A file with a descriptor set, made by protoc --include_imports or buf.'),
  text('protobufMessage', 'The Protobuf message of the values, by its full name.'),
  text('keyProtobufMessage', 'The Protobuf message of the keys, by its full name.'),
  text('jsonSchema', 'The JSON Schema of the values, as JSON text.'),
  text('keyJsonSchema', 'The JSON Schema of the keys, as JSON text.'),
  {
    name: 'schemaFraming',
    kind: 'choice',
    default: 'NotSet',
    choices: [{ name: 'NotSet' }, { name: 'Raw' }, { name: 'Confluent' }],
    doc: 'Before encoded bytes: Raw nothing, Confluent 0 and the schema’s id; NotSet is Confluent if there is an id.',
  },
  schemaId('schemaId', 'values'),
  schemaId('keySchemaId', 'keys'),
  {
    name: 'keyDataType',
    kind: 'choice',
    default: 'String',
    choices: [
      { name: 'Int', number: 0 },
      { name: 'Long', number: 1 },
      { name: 'String', number: 2 },
      { name: 'Binary', number: 3 },
    ],
    since: '4.1',
    doc: 'How the key of an envelope is written.',
  },
  text('schemaRegistryUrl', 'The addresses of a schema registry, comma-separated.', { since: '3.9' }),
  text('schemaRegistryUsername', 'The user of the schema registry.', { since: '3.9' }),
  text('schemaRegistryPassword', 'The password of the schema registry.', {
    secret: true,
    since: '3.9',
  }),
  text('schemaRegistryToken', 'A bearer token for the schema registry.', { secret: true }),
  {
    name: 'schemaRegistryAutoRegister',
    kind: 'boolean',
    default: false,
    doc: 'Registers a schema that the registry does not have; the extension always does.',
  },
  {
    name: 'schemaRegistrySubjectNameStrategy',
    kind: 'choice',
    default: 'TopicName',
    choices: [{ name: 'TopicName' }, { name: 'RecordName' }, { name: 'TopicRecordName' }],
    doc: 'What a schema is called in the registry: topic-value, the name of its record, or topic-record.',
  },
  {
    name: 'schemaRegistryTimeoutMs',
    kind: 'integer',
    default: 10_000,
    min: 1,
    max: 900_000,
    unit: 'ms',
    doc: 'How long one request to the registry may take.',
  },
  text('schemaRegistryCertificateLocation', 'A file with the certificate of this client for the registry.'),
  text('schemaRegistryKeyLocation', 'A file with the private key of that certificate.'),
  text('schemaRegistryKeyPassword', 'The passphrase of that key.', { secret: true }),
  text('schemaRegistryCertificatePEM', 'The certificate of this client for the registry, as PEM text.', {
    secret: true,
  }),
  text('schemaRegistryKeyPEM', 'The private key of that certificate, as PEM text.', { secret: true }),
];

const OAUTH_BEARER: readonly PropertySpec[] = [
  {
    name: 'oAuthBearerMethod',
    kind: 'choice',
    default: 'Default',
    choices: [
      { name: 'Default', number: 0 },
      { name: 'Oidc', number: 1, librdkafka: 'oidc' },
    ],
    librdkafka: 'sasl.oauthbearer.method',
    since: '4.0',
    doc: 'How a token is fetched.',
  },
  text('oAuthBearerClientId', 'The client at the token endpoint.', {
    librdkafka: 'sasl.oauthbearer.client.id',
    since: '4.0',
  }),
  text('oAuthBearerClientSecret', 'The secret of that client.', {
    librdkafka: 'sasl.oauthbearer.client.secret',
    secret: true,
    since: '4.0',
  }),
  text('oAuthBearerScope', 'The scope to ask for.', {
    librdkafka: 'sasl.oauthbearer.scope',
    since: '4.0',
  }),
  text('oAuthBearerTokenEndpointUrl', 'The address of the token endpoint.', {
    librdkafka: 'sasl.oauthbearer.token.endpoint.url',
    since: '4.0',
  }),
  text('oAuthBearerExtensions', 'SASL extensions, name=value and comma-separated.', {
    librdkafka: 'sasl.oauthbearer.extensions',
    since: '4.0',
  }),
  text('httpsCaLocation', 'A file with the certificate authorities of the token endpoint and of the schema registry.', {
    librdkafka: 'https.ca.location',
    since: '4.3.3',
  }),
  text('httpsCaPem', 'Certificate authorities for the token endpoint and the schema registry, as PEM text.', {
    librdkafka: 'https.ca.pem',
    secret: true,
    since: '4.3.3',
  }),
];

/** Every property, in the order tables show them. */
export const PROPERTIES: readonly PropertySpec[] = Object.freeze([
  ...BINDING,
  ...TARGET,
  ...DELIVERY,
  ...SECURITY,
  ...SCHEMAS,
  ...OAUTH_BEARER,
]);
