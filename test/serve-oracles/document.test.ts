/**
 * The sidecar's OpenAPI document by openapi-spec-validator, its metrics by Prometheus' own parser, and what it really
 * answers by the schemas of its document. `npm run test:sidecar`
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { type Rig, startRig } from '../serve/rig.ts';
import { complaintsOf, type Evidence, type Exchange, installValidators } from '../support/serve/install.ts';

const JSON_TYPE = 'application/json';
const NDJSON = 'application/x-ndjson';
const V2 = 'application/vnd.kafka.json.v2+json';
const BINARY = 'application/vnd.kafka.binary.v2+json';
const LARGE = `"${'x'.repeat(3000)}"`;

const DAPR = '/v1.0/bindings/{name}';
const TOPIC = '/topics/{topic}';
const PARTITION = '/topics/{topic}/partitions/{partition}';
const RECORDS = '/v3/clusters/{id}/topics/{topic}/records';
const LINES = '/bindings/{name}';

/** Where the varying parts of a path lead to something. */
const PARTS: Readonly<Record<string, string>> = { name: 'out', topic: 'orders', partition: '0', id: 'c1' };

/** Path, media type, body, status. */
const POSTS: readonly (readonly [path: string, type: string, body: string, status: number])[] = [
  [DAPR, JSON_TYPE, '{"operation":"create","data":{"a":1},"metadata":{"key":"k","h":"v"}}', 204],
  [DAPR, JSON_TYPE, '{"operation":"create","metadata":{"partitionKey":"k"}}', 204],
  [DAPR, JSON_TYPE, '{"operation":"delete"}', 400],
  [DAPR, JSON_TYPE, `{"operation":"create","data":${LARGE}}`, 413],
  [DAPR, 'text/plain', 'x', 415],
  [
    TOPIC,
    V2,
    '{"records":[{"value":"a"},{"key":{"k":1},"value":{"b":[1]},"partition":0},{"key":"k","value":null}]}',
    200,
  ],
  [TOPIC, V2, '{"records":[{"value":"a"},{"value":1,"partition":9}]}', 200],
  [TOPIC, BINARY, '{"records":[{"key":"aw==","value":"dg=="}]}', 200],
  [TOPIC, V2, '{"records":[{"value":1,"partition":9}]}', 400],
  [TOPIC, V2, '{"records":', 400],
  [TOPIC, V2, '{"records":[]}', 422],
  [TOPIC, V2, `{"records":[{"value":${LARGE}}]}`, 413],
  [TOPIC, JSON_TYPE, '{}', 415],
  [PARTITION, V2, '{"records":[{"value":"a"}]}', 200],
  [PARTITION, V2, '{"records":[{"value":"a","partition":1}]}', 422],
  [RECORDS, JSON_TYPE, '{"value":{"type":"JSON","data":{"a":1}}}', 200],
  [
    RECORDS,
    JSON_TYPE,
    '{"partition_id":0,"headers":[{"name":"h","value":"dg=="},{"name":"n","value":null}],' +
      '"key":{"type":"STRING","data":"k"},"value":{"type":"BINARY","data":"dg=="},"timestamp":"2024-01-02T03:04:05Z"}',
    200,
  ],
  [RECORDS, JSON_TYPE, '{"value":{"type":"XML","data":1}}', 422],
  [RECORDS, JSON_TYPE, '{"value"', 400],
  ['/outputs', JSON_TYPE, '{"Outputs":{"out":["a",{"b":1}]},"Logs":["x"],"ReturnValue":null}', 200],
  ['/outputs', JSON_TYPE, '{"Outputs":{"out":["a",null]}}', 400],
  ['/outputs', JSON_TYPE, '{"Outputs":{"res":1}}', 400],
  [LINES, NDJSON, '"a"\n["b",null]\nbroken\n{"c":1}\n', 200],
  [`${LINES}?reports=failed`, NDJSON, '"a"\n', 200],
  [LINES, NDJSON, 'broken', 400],
  [LINES, NDJSON, LARGE, 413],
  [`${LINES}?reports=some`, NDJSON, '1', 400],
];

describe('the sidecar as others see it', () => {
  let rig: Rig;
  const why = installValidators();
  before(async () => {
    rig = await startRig({}, { maxMessageBytes: 2000 });
  });
  after(() => rig.close());

  async function gather(): Promise<Evidence> {
    const exchanges: Exchange[] = [];
    const path = (template: string): string => template.replace(/\{(\w+)\}/g, (_, name: string) => PARTS[name] ?? '');
    for (const [template, requestType, requestBody, expected] of POSTS) {
      const { status, headers, text } = await rig.post(path(template), requestType, requestBody);
      assert.equal(status, expected, `${template} ${requestBody.slice(0, 60)}`);
      const documented = template.split('?', 1)[0] ?? '';
      exchanges.push({
        method: 'post',
        path: documented,
        requestType,
        requestBody,
        status,
        type: typeOf(headers),
        body: text,
      });
    }
    for (const template of ['/healthz', '/readyz', '/metrics']) {
      const { status, headers, text } = await rig.get(template);
      exchanges.push({ method: 'get', path: template, status, type: typeOf(headers), body: text });
    }
    const document = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as unknown;
    return { document, metrics: (await rig.get('/metrics')).text, exchanges };
  }

  it('has a valid document and valid metrics, and answers as documented', async (test) => {
    if (why !== undefined) {
      assert.notEqual(process.env['CI'], 'true', `${why}; continuous integration must have it`);
      test.skip(why);
      return;
    }
    const evidence = await gather();
    assert.deepEqual(await complaintsOf(evidence), []);
    // The same validators complain of what is wrong.
    const [first] = evidence.exchanges as [Exchange];
    const spoiled = {
      document: { ...(evidence.document as object), info: undefined },
      metrics: evidence.metrics
        .replace('# TYPE', 'kafka_hotpath_x{a=1\n# TYPE')
        .replace(/le="0.01"\} \d+/, 'le="0.01"} 9e9'),
      exchanges: [
        { ...first, status: 299 },
        { ...first, body: 'x' },
        { ...first, status: 400, type: JSON_TYPE, body: '{}' },
        { ...first, method: 'patch' },
      ],
    };
    assert.equal((await complaintsOf(spoiled)).length >= 6, true);
  });
});

function typeOf(headers: Headers): string {
  return (headers.get('content-type') ?? '').split(';', 1)[0] ?? '';
}
