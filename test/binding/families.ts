/**
 * The samples of the Azure extension, one row a family (azure-binding §6): what each language writes as configuration,
 * what its worker hands over, and the messages that must come of it. Used on the embedded broker and on real Kafka.
 */
import { message } from '../../src/binding/message.ts';

export type Provider = 'Confluent' | 'Event Hubs' | 'none';

export interface ConfigFamily {
  readonly name: string;
  readonly provider: Provider;
  readonly properties: Readonly<Record<string, unknown>>;
  /** Default topic. */
  readonly topic?: string;
}

/** The settings of the samples; the names' letter case is not always that of the bindings. */
export const SETTINGS: Readonly<Record<string, string>> = {
  BrokerList: 'broker.example:9092',
  KafkaBrokerList: 'broker.example:9092',
  ConfluentCloudUserName: 'api-key',
  ConfluentCloudPassword: 'CANARY-api-secret',
  KafkaUsername: 'api-key',
  KafkaPassword: 'CANARY-api-secret',
  KafkaTopic: 'topic',
  EventHubConnectionString: 'Endpoint=sb://x/;SharedAccessKeyName=send;SharedAccessKey=CANARY-api-secret',
};

const HUBS = { username: '$ConnectionString', password: 'EventHubConnectionString' };
const JAVASCRIPT = { type: 'kafka', direction: 'out', name: 'outputKafkaMessage', topic: 'topic' };
const LOGIN = { protocol: 'SASLSSL', authenticationMode: 'PLAIN' };
const PERCENT = { username: '%ConfluentCloudUserName%', password: '%ConfluentCloudPassword%' };

/** What Python's decorator writes besides: every default, null for what was not given. */
const DECORATOR = {
  type: 'kafka',
  direction: 'OUT',
  name: 'outputMessage',
  topic: 'KafkaTopic',
  brokerList: 'KafkaBrokerList',
  avroSchema: null,
  username: 'KafkaUsername',
  password: 'KafkaPassword',
  sslKeyLocation: null,
  maxMessageBytes: 1_000_000,
  batchSize: 10_000,
  enableIdempotence: false,
  messageTimeoutMs: 300_000,
  requestTimeoutMs: 5000,
  maxRetries: 2_147_483_647,
  lingerMs: 5,
  oAuthBearerMethod: null,
  protocol: 'SASLSSL',
  authenticationMode: 'PLAIN',
};
const JAVA = { ...JAVASCRIPT, brokerList: '%BrokerList%', maxMessageBytes: 1_000_012, maxRetries: 2, ...LOGIN };
const V4 = { type: 'kafka', name: 'kafkaOutput1', topic: 'topic', brokerList: '%BrokerList%' };
const ISOLATED = { name: 'Kevent', type: 'kafka', direction: 'Out', protocol: 'SaslSsl', authenticationMode: 'Plain' };
const CONFLUENT_PLAIN = { username: 'ConfluentCloudUsername', password: 'ConfluentCloudPassword' };

function both(name: string, base: object, confluent: object, hubs: object = HUBS): ConfigFamily[] {
  return [
    { name, provider: 'Confluent', properties: { ...base, ...confluent } },
    { name, provider: 'Event Hubs', properties: { ...base, ...hubs } },
  ];
}

export const CONFIG_FAMILIES: readonly ConfigFamily[] = [
  ...both('JavaScript v3', { ...JAVASCRIPT, brokerList: 'BrokerList', ...LOGIN }, CONFLUENT_PLAIN),
  ...both('TypeScript v3', { ...JAVASCRIPT, brokerList: '%BrokerList%', ...LOGIN }, PERCENT),
  ...both('PowerShell', { ...JAVASCRIPT, name: 'Message', brokerList: 'BrokerList', ...LOGIN }, PERCENT),
  ...both('Python v1', { ...JAVASCRIPT, brokerList: 'BrokerList', ...LOGIN }, PERCENT),
  ...both(
    'Python v1 with headers',
    { ...JAVASCRIPT, dataType: 'string', brokerList: 'BrokerList', ...LOGIN },
    { ...PERCENT, password: 'ConfluentCloudPassword' },
  ),
  ...both(
    'Python v1 many with headers',
    { ...JAVASCRIPT, brokerList: 'BrokerList', ...LOGIN },
    { ...PERCENT, password: 'KafkaPassword' },
  ),
  ...both('Python v2', DECORATOR, {}),
  ...both('Python v2 many', { ...DECORATOR, dataType: 'STRING', cardinality: 'MANY' }, {}),
  ...both('JavaScript v4', { ...V4, protocol: 'saslSsl', authenticationMode: 'plain' }, CONFLUENT_PLAIN),
  ...both('Java', JAVA, { username: '%ConfluentCloudUsername%', password: 'ConfluentCloudPassword' }),
  ...both('.NET isolated', { ...ISOLATED, topic: 'topic', brokerList: 'BrokerList' }, CONFLUENT_PLAIN),
  ...both(
    '.NET in-process',
    { BrokerList: 'BrokerList', Topic: 'topic', Protocol: 'SaslSsl', AuthenticationMode: 'Plain' },
    { Username: 'ConfluentCloudUserName', Password: 'ConfluentCloudPassword' },
    { Username: '$ConnectionString', Password: '%EventHubConnectionString%' },
  ),
  {
    name: 'JavaScript v4 timer',
    provider: 'none',
    properties: { type: 'kafka', name: 'kafkaOutput1', brokerlist: 'BrokerList', topic: 'topic' },
  },
  {
    name: 'Python v2 without login',
    provider: 'none',
    properties: { ...DECORATOR, username: null, password: null, protocol: 'NOTSET', authenticationMode: 'NOTSET' },
  },
  {
    name: 'Java, local',
    provider: 'none',
    properties: { ...JAVASCRIPT, topic: 'users', brokerList: 'broker:29092' },
    topic: 'users',
  },
];

/** Key, value and headers as text; null for none. */
export type Expected = readonly [key: string | null, value: string, ...headers: (readonly [string, string])[]];

export interface PayloadFamily {
  readonly name: string;
  /** What the worker of the language hands to the host: text for text, objects for JSON. */
  readonly value: unknown;
  readonly expected: readonly Expected[];
}

interface EnvelopeParts {
  language: string;
  key?: unknown;
  header?: string;
  timestamp?: string;
}

function envelope(value: unknown, { language, key, header, timestamp }: EnvelopeParts): Record<string, unknown> {
  return {
    Offset: 364,
    Partition: 0,
    Topic: 'kafkaeventhubtest1',
    Timestamp: timestamp ?? '2022-04-09T03:20:06.591Z',
    ...(value === undefined ? {} : { Value: value }),
    Headers: [{ Key: header ?? 'test', Value: language }],
    ...(key === undefined ? {} : { Key: key }),
  };
}

const text = (value: unknown, parts: EnvelopeParts): string => JSON.stringify(envelope(value, parts));

/** The family of a language: one text, many, an envelope, many envelopes, each in the form its worker gives. */
function languageRows(language: string, form: 'text' | 'object' | 'textOfList'): PayloadFamily[] {
  const parts = { language };
  const one = form === 'object' ? envelope('hello', parts) : text('hello', parts);
  const list = ['one', 'two'].map((value) => (form === 'object' ? envelope(value, parts) : text(value, parts)));
  const objects = ['one', 'two'].map((value) => envelope(value, parts));
  const header = ['test', language] as const;
  return [
    { name: `${language}: single`, value: 'hello', expected: [[null, 'hello']] },
    {
      name: `${language}: many`,
      value: form === 'textOfList' ? '["one", "two"]' : ['one', 'two'],
      expected: [
        [null, 'one'],
        [null, 'two'],
      ],
    },
    { name: `${language}: with headers`, value: one, expected: [[null, 'hello', header]] },
    {
      name: `${language}: many with headers`,
      value: form === 'textOfList' ? JSON.stringify(objects) : list,
      expected: [
        [null, 'one', header],
        [null, 'two', header],
      ],
    },
  ];
}

const quoted = '{"greeting":"hello"}';
const longDate = 'Sat Apr 09 2022 05:20:06 GMT+0200 (Central European Summer Time)';

export const PAYLOAD_FAMILIES: readonly PayloadFamily[] = [
  ...languageRows('javascript', 'text'),
  ...languageRows('typescript', 'text'),
  ...languageRows('powershell', 'object'),
  ...languageRows('python', 'textOfList'),
  ...languageRows('java', 'object'),
  ...languageRows('dotnet-isolated', 'text'),
  { name: 'javascript: no message', value: undefined, expected: [] },
  {
    name: 'javascript: no message, with headers',
    value: text('undefined', { language: 'javascript' }),
    expected: [[null, 'undefined', ['test', 'javascript']]],
  },
  { name: 'python: None', value: null, expected: [] },
  {
    name: 'powershell: a hashtable in another order',
    value: Object.fromEntries(Object.entries(envelope('x', { language: 'powershell' })).reverse()),
    expected: [[null, 'x', ['test', 'powershell']]],
  },
  {
    name: 'java: no message, so Gson leaves Value out and it is no envelope',
    value: envelope(undefined, { language: 'java' }),
    expected: [[null, text(undefined, { language: 'java' })]],
  },
  {
    name: 'java: many, each with its header',
    value: [envelope('one', { language: 'java' }), envelope('two', { language: 'java', header: 'test1' })],
    expected: [
      [null, 'one', ['test', 'java']],
      [null, 'two', ['test1', 'java']],
    ],
  },
  { name: 'javascript v4: single', value: 'Hello, NAME!', expected: [[null, 'Hello, NAME!']] },
  { name: 'javascript v4: many, of which the worker gives the last', value: 'two', expected: [[null, 'two']] },
  {
    name: 'javascript v4: with key and headers',
    value: text(quoted, { language: 'javascript', key: 'key1', header: 'language' }),
    expected: [['key1', quoted, ['language', 'javascript']]],
  },
  {
    name: 'javascript v4: many with headers, with a timestamp the extension cannot read',
    value: text('two', { language: 'javascript', key: 'key2', timestamp: longDate }),
    expected: [['key2', 'two', ['test', 'javascript']]],
  },
  { name: 'javascript v4 timer: single', value: 'It is time', expected: [[null, 'It is time']] },
  {
    name: 'javascript v4 timer: many',
    value: ['1: It is time', '2: It is time'],
    expected: [
      [null, '1: It is time'],
      [null, '2: It is time'],
    ],
  },
  {
    name: 'javascript v4 timer: with the hour as key',
    value: text('It is time', { language: 'javascript', key: 13 }),
    expected: [['13', 'It is time', ['test', 'javascript']]],
  },
  {
    name: 'javascript v4 timer: many with headers, whose prefix makes them no JSON',
    value: [1, 2].map((index) => `${index}: ${text('x', { language: 'javascript' })}`),
    expected: [1, 2].map((index) => [null, `${index}: ${text('x', { language: 'javascript' })}`] as const),
  },
  {
    name: '.NET in-process: KafkaEventData',
    value: [
      message({ value: 'one', headers: { test: Buffer.from('dotnet') } }),
      message({ value: 'two', headers: { test1: Buffer.from('dotnet') } }),
    ],
    expected: [
      [null, 'one', ['test', 'dotnet']],
      [null, 'two', ['test1', 'dotnet']],
    ],
  },
  {
    name: 'tests of the extension: a timestamp of RFC 1123, a key that is a number',
    value: text('v', { language: 'x', key: 5, timestamp: 'Wed, 30 Mar 2022 05:56:20 GMT' }),
    expected: [['5', 'v', ['test', 'x']]],
  },
];
