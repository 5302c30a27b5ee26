/** Requests that nobody should send: each ends with its own clean status; none stores anything or ends the server. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Rig, startRig } from './rig.ts';

const HOST = 'host: localhost\r\n';
const CLOSE = 'connection: close\r\n';
const DAPR = '/v1.0/bindings/out';
const V2 = '/topics/orders';
const V3 = '/v3/clusters/c/topics/orders/records';
const JSON_TYPE = 'application/json';
const V2_TYPE = 'application/vnd.kafka.json.v2+json';
const V2_BINARY = 'application/vnd.kafka.binary.v2+json';
const NDJSON = 'application/x-ndjson';

function post(path: string, type: string, body: string, headers = ''): string {
  const length = Buffer.byteLength(body);
  const head = `POST ${path} HTTP/1.1\r\n${HOST}${CLOSE}content-type: ${type}\r\n`;
  return `${head}${headers}content-length: ${length}\r\n\r\n${body}`;
}

function bare(line: string, headers = ''): string {
  return `${line} HTTP/1.1\r\n${HOST}${CLOSE}${headers}\r\n`;
}

const DEEP = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;

/** Bytes sent, status expected. What ends with 408 is sent to a server whose clocks are short. */
const CASES: readonly (readonly [what: string, bytes: string, status: number])[] = [
  ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\r\n\r\n', 400],
  ['HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
  ['unknown version', `GET /healthz HTTP/9.9\r\n${HOST}\r\n`, 400],
  ['header without colon', bare('GET /healthz', 'nonsense\r\n'), 400],
  ['space before the colon', bare('GET /healthz', 'x-a : b\r\n'), 400],
  ['line feed inside a header', bare('GET /healthz', 'x-a: b\nx-c: d\r\n').replace('\r\n\r\n', '\n\n'), 400],
  ['NUL in a header', bare('GET /healthz', 'x-a: \0\r\n'), 400],
  ['folded header', bare('GET /healthz', 'x-a: b\r\n c: d\r\n').replace('c: d', '\0'), 400],
  ['headers beyond the limit', bare('GET /healthz', `x-a: ${'x'.repeat(20_000)}\r\n`), 431],
  ['request line beyond the limit', bare(`GET /${'x'.repeat(20_000)}`), 431],
  ['headers that never end', `GET /healthz HTTP/1.1\r\n${HOST}x-a: `, 408],
  ['body that never ends', post(DAPR, JSON_TYPE, '{"a":1}').replace('content-length: 7', 'content-length: 70'), 408],
  [
    'stream that falls silent',
    post('/bindings/out', NDJSON, '1').replace('content-length: 1', 'content-length: 9'),
    408,
  ],
  ['both lengths', post(DAPR, JSON_TYPE, '{}', 'transfer-encoding: chunked\r\n'), 400],
  ['two lengths that differ', post(DAPR, JSON_TYPE, '{}', 'content-length: 9\r\n'), 400],
  ['negative length', post(DAPR, JSON_TYPE, '').replace('content-length: 0', 'content-length: -1'), 400],
  ['unknown transfer coding', post(DAPR, JSON_TYPE, '').replace('content-length: 0', 'transfer-encoding: zip'), 400],
  [
    'broken chunk',
    post(DAPR, JSON_TYPE, '').replace('content-length: 0', 'transfer-encoding: chunked').concat('5\r\n{}\r\nzz\r\n'),
    400,
  ],
  ['unknown expectation', post(DAPR, JSON_TYPE, '{}', 'expect: miracles\r\n'), 417],
  ['CONNECT', 'CONNECT example.com:443 HTTP/1.1\r\nhost: localhost\r\n\r\n', 405],
  ['TRACE', bare('TRACE /healthz'), 405],
  ['an invented method', bare('BREW /healthz'), 400],
  ['GET where POST is due', bare(`GET ${DAPR}`), 405],
  ['DELETE on a topic', bare(`DELETE ${V2}`), 405],
  ['POST where GET is due', post('/metrics', JSON_TYPE, '{}'), 405],
  [
    'OPTIONS, as a browser asks before a foreign request',
    bare(`OPTIONS ${DAPR}`, 'origin: http://evil.example\r\n'),
    405,
  ],
  ['absolute target of somebody else', bare('GET http://example.com/healthz'), 400],
  ['asterisk target', bare('OPTIONS *'), 400],
  ['dots in the path', bare('GET /topics/../metrics'), 400],
  ['encoded dots', bare('GET /topics/%2e%2e/metrics'), 400],
  ['encoded slash', bare('GET /topics%2forders'), 400],
  ['encoded backslash', bare('GET /topics/..%5c..%5cetc'), 400],
  ['encoded line feed', bare('GET /topics/orders%0d%0ax-a:%20b'), 400],
  ['encoded NUL', bare('GET /topics/orders%00'), 400],
  ['percent sign alone', bare('GET /topics/%zz'), 400],
  ['path that is no UTF-8', bare('GET /topics/%ff'), 400],
  ['nothing there', bare('GET /etc/passwd'), 404],
  ['root', bare('GET /'), 404],
  ['trailing slash', post(`${V2}/`, V2_TYPE, '{}'), 404],
  ['Host of somebody else (DNS rebinding)', bare('GET /metrics').replace('localhost', 'evil.example'), 403],
  ['another binding', post('/v1.0/bindings/other', JSON_TYPE, '{}'), 404],
  ['another binding for a stream', post('/bindings/other', NDJSON, '1'), 404],
  ['another topic', post('/topics/other', V2_TYPE, '{}'), 404],
  ['another topic, v3', post('/v3/clusters/c/topics/other/records', JSON_TYPE, '{}'), 404],
  ['no content type', post(DAPR, '', '{}'), 415],
  ['a form, as any page may send it', post(DAPR, 'application/x-www-form-urlencoded', 'a=b'), 415],
  ['plain text', post('/bindings/out', 'text/plain', '1'), 415],
  ['v2 with the type of v3', post(V2, JSON_TYPE, '{}'), 415],
  ['Avro', post(V2, 'application/vnd.kafka.avro.v2+json', '{}'), 415],
  ['compressed', post(DAPR, JSON_TYPE, '{}', 'content-encoding: gzip\r\n'), 415],
  ['another charset', post(DAPR, `${JSON_TYPE}; charset=utf-16`, '{}'), 415],
  [
    'announced beyond the limit',
    post(DAPR, JSON_TYPE, '').replace('content-length: 0', 'content-length: 99999999'),
    413,
  ],
  ['body beyond the limit', post(DAPR, JSON_TYPE, `"${'x'.repeat(300_000)}"`), 413],
  [
    'chunks beyond the limit',
    post(DAPR, JSON_TYPE, '')
      .replace('content-length: 0', 'transfer-encoding: chunked')
      .concat(`493e0\r\n${'x'.repeat(300_000)}\r\n0\r\n\r\n`),
    413,
  ],
  ['empty body', post(DAPR, JSON_TYPE, ''), 400],
  ['half of JSON', post(DAPR, JSON_TYPE, '{"operation":'), 400],
  ['JSON that is no object', post(DAPR, JSON_TYPE, '[]'), 400],
  ['JSON of any depth', post(DAPR, JSON_TYPE, `{"operation":"create","data":${DEEP}}`), 400],
  ['another operation', post(DAPR, JSON_TYPE, '{"operation":"delete","data":1}'), 400],
  ['no operation', post(DAPR, JSON_TYPE, '{"data":1}'), 400],
  ['no data and no key', post(DAPR, JSON_TYPE, '{"operation":"create"}'), 400],
  ['metadata of objects', post(DAPR, JSON_TYPE, '{"operation":"create","data":1,"metadata":{"key":{}}}'), 400],
  ['metadata that is a list', post(DAPR, JSON_TYPE, '{"operation":"create","data":1,"metadata":[]}'), 400],
  ['v2 without records', post(V2, V2_TYPE, '{}'), 422],
  ['v2 with no record', post(V2, V2_TYPE, '{"records":[]}'), 422],
  ['v2 with a record that is none', post(V2, V2_TYPE, '{"records":[1]}'), 422],
  ['v2 with a field nobody knows', post(V2, V2_TYPE, '{"records":[{"value":1,"valeu":2}]}'), 422],
  ['v2 with half a partition', post(V2, V2_TYPE, '{"records":[{"value":1,"partition":0.5}]}'), 422],
  ['v2 with what is no base64', post(V2, V2_BINARY, '{"records":[{"value":"*"}]}'), 422],
  ['v2 with a partition nobody has', post(`${V2}/partitions/7`, V2_TYPE, '{"records":[{"value":1}]}'), 400],
  ['v2 with a partition that is a word', post(`${V2}/partitions/x`, V2_TYPE, '{"records":[{"value":1}]}'), 422],
  ['v3 without a record', post(V3, JSON_TYPE, ' '), 400],
  ['v3 with a list', post(V3, JSON_TYPE, '[{}]'), 400],
  ['v3 with half a record', post(V3, JSON_TYPE, '{"value":'), 400],
  ['v3 with a type nobody knows', post(V3, JSON_TYPE, '{"value":{"type":"AVRO","data":1}}'), 422],
  ['v3 with a header that is no base64', post(V3, JSON_TYPE, '{"headers":[{"name":"h","value":"é"}]}'), 422],
  ['v3 with a time that is none', post(V3, JSON_TYPE, '{"value":{"data":1},"timestamp":"yesterday"}'), 400],
  ['outputs of another name', post('/outputs', JSON_TYPE, '{"Outputs":{"res":{}}}'), 400],
  ['a return value with nowhere to go', post('/outputs', JSON_TYPE, '{"Outputs":{},"ReturnValue":1}'), 400],
  ['logs that are none', post('/outputs', JSON_TYPE, '{"Outputs":{},"Logs":1}'), 400],
  ['reports nobody knows of', post('/bindings/out?reports=none', NDJSON, '1'), 400],
  ['a line that is no JSON', post('/bindings/out', NDJSON, 'x'), 400],
  ['a line that is no value', post('/bindings/out', NDJSON, '[null]'), 400],
  ['a line beyond the limit', post('/bindings/out', NDJSON, `"${'x'.repeat(50_000)}"`), 400],
];

describe('bad requests', { concurrency: 8 }, () => {
  let rig: Rig;
  let impatient: Rig;
  before(async () => {
    rig = await startRig({ bodyBytesMax: 250_000, lineBytesMax: 40_000 });
    impatient = await startRig({ headersTimeoutMs: 50, bodyTimeoutMs: 50, idleTimeoutMs: 50 });
  });
  after(async () => {
    assert.equal((await rig.get('/healthz')).status, 200);
    assert.deepEqual([...rig.values(), ...impatient.values()], []);
    await rig.close();
    await impatient.close();
  });

  for (const [what, bytes, status] of CASES) {
    it(`${what} → ${status}`, async () => {
      const answer = await (status === 408 ? impatient : rig).raw(bytes);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.equal(answer.match(/^HTTP\/1\.1 /gm)?.length, 1, answer);
      assert.doesNotMatch(answer, /at .*\.ts:|node:internal/);
    });
  }
});
