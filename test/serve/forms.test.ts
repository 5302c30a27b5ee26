/** Each form of request, by its documented requests and answers. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { ndjson, type Rig, startRig } from './rig.ts';

const V2_JSON = 'application/vnd.kafka.json.v2+json';
const V2_BINARY = 'application/vnd.kafka.binary.v2+json';
const V3 = '/v3/clusters/c1/topics/orders/records';

describe('the forms of the sidecar', () => {
  let rig: Rig;
  let seen = 0;
  before(async () => {
    rig = await startRig({}, { maxMessageBytes: 2000 });
  });
  afterEach(() => {
    seen = rig.values().length;
  });
  after(() => rig.close());

  /** Key, value and headers of what this test has stored. */
  function stored(): [string | null, string | null, [string, string][]][] {
    const text = (bytes: Uint8Array | null): string | null => bytes && Buffer.from(bytes).toString('utf8');
    return rig.broker
      .records('orders')
      .slice(seen)
      .map(({ key, value, headers }) => [
        text(key),
        text(value),
        headers.map((header) => [header.key, text(header.value) ?? '']),
      ]);
  }

  it('Dapr: one call is one message, with key and headers from its metadata', async () => {
    const call = { operation: 'create', data: { a: [1] }, metadata: { key: 'k', trace: 't' } };
    const { status, text } = await rig.post('/v1.0/bindings/out', 'application/json', JSON.stringify(call));
    assert.deepEqual([status, text], [204, '']);
    const list = '{"operation":"create","data":["one","message"],"metadata":{"partitionKey":"p"}}';
    assert.equal((await rig.post('/v1.0/bindings/out', 'application/json; charset=utf-8', list)).status, 204);
    const tombstone = '{"operation":"create","metadata":{"key":"k"}}';
    assert.equal((await rig.post('/v1.0/bindings/out', 'application/json', tombstone)).status, 204);
    assert.deepEqual(stored(), [
      ['k', '{"a":[1]}', [['trace', 't']]],
      ['p', '["one","message"]', []],
      ['k', null, []],
    ]);
  });

  it('Dapr: a message that cannot be stored is an error with code and message', async () => {
    const call = JSON.stringify({ operation: 'create', data: 'x'.repeat(3000) });
    const { status, text } = await rig.post('/v1.0/bindings/out', 'application/json', call);
    assert.equal(status, 413);
    assert.equal((JSON.parse(text) as { errorCode: string }).errorCode, 'ERR_MSG_SIZE_TOO_LARGE');
    assert.deepEqual(stored(), []);
  });

  it('REST v2: JSON records keep their JSON text, binary ones their bytes', async () => {
    const json = '{"records":[{"key":"k","value":"text"},{"value":{"a":1},"partition":0},{"key":1,"value":null}]}';
    const first = await rig.post('/topics/orders', V2_JSON, json);
    assert.equal(first.status, 200);
    assert.equal(first.headers.get('content-type'), 'application/vnd.kafka.v2+json');
    const { offsets } = JSON.parse(first.text) as { offsets: object[] };
    const at = (offset: number): object => ({ partition: 0, offset, error_code: null, error: null });
    assert.deepEqual(offsets, [at(seen), at(seen + 1), at(seen + 2)]);
    const binary = '{"records":[{"key":"aw==","value":"dg=="}]}';
    assert.equal((await rig.post('/topics/orders/partitions/0', V2_BINARY, binary)).status, 200);
    assert.deepEqual(stored(), [
      ['"k"', '"text"', []],
      [null, '{"a":1}', []],
      ['1', null, []],
      ['k', 'v', []],
    ]);
  });

  it('REST v2: a record that fails does so alone; when none is stored the status says it', async () => {
    const some = await rig.post('/topics/orders', V2_JSON, '{"records":[{"value":1,"partition":9},{"value":2}]}');
    assert.equal(some.status, 200);
    const [failed, fine] = (JSON.parse(some.text) as { offsets: Record<string, unknown>[] }).offsets;
    assert.deepEqual([failed?.['error_code'], failed?.['offset'], fine?.['offset']], [1, null, seen]);
    const none = await rig.post('/topics/orders', V2_JSON, '{"records":[{"value":1,"partition":9}]}');
    assert.equal(none.status, 400);
    assert.equal((JSON.parse(none.text) as { error_code: number }).error_code, 400);
  });

  it('REST v3: one record, its fields and its report', async () => {
    const key = { type: 'STRING', data: 'k' };
    const record = {
      partition_id: 0,
      headers: [{ name: 'h', value: 'dg==' }],
      key,
      value: { type: 'JSON', data: 'x' },
    };
    const body = JSON.stringify({ ...record, timestamp: '2024-01-02T03:04:05Z' });
    const { status, text } = await rig.post(V3, 'application/json', body);
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text), {
      error_code: 200,
      cluster_id: 'c1',
      topic_name: 'orders',
      partition_id: 0,
      offset: seen,
      timestamp: '2024-01-02T03:04:05.000Z',
      key: { type: 'STRING', size: 1 },
      value: { type: 'JSON', size: 3 },
    });
    assert.deepEqual(stored(), [['k', '"x"', [['h', 'v']]]]);
  });

  it('REST v3: records one after the other, each answered in its turn', async () => {
    const value = (data: unknown, type = 'JSON'): string => JSON.stringify({ value: { type, data } });
    const body = `${value('}{"')}${value(1, 'XML')}\n  ${value('AA==', 'BINARY')}`;
    const { status, text } = await rig.post(V3, 'application/json', body);
    assert.equal(status, 200);
    assert.deepEqual(
      ndjson(text).map((line) => line['error_code']),
      [200, 422, 200],
    );
    assert.equal((await rig.post(V3, 'application/json', value(1, 'XML'))).status, 422);
    assert.deepEqual(
      stored().map(([, text2]) => text2),
      ['"}{\\""', '\0'],
    );
  });

  it('custom handler: the value under the name becomes messages as if a function had set it', async () => {
    const body = '{"Outputs":{"out":["a",{"b":1}]},"Logs":["said"],"ReturnValue":null}';
    const { status, text } = await rig.post('/outputs', 'application/json', body);
    assert.equal(status, 200);
    const reports = (JSON.parse(text) as { Outputs: { out: { offset: string }[] } }).Outputs.out;
    assert.deepEqual(
      reports.map(({ offset }) => offset),
      [String(seen), String(seen + 1)],
    );
    assert.equal((await rig.post('/outputs', 'application/json', '{"Outputs":{},"Logs":null}')).status, 200);
    const half = await rig.post('/outputs', 'application/json', '{"Outputs":{"out":["c",null]}}');
    assert.equal(half.status, 400);
    assert.match(half.text, /"status":"persisted".*"status":"notPersisted"/);
    assert.deepEqual(
      stored().map(([, value]) => value),
      ['a', '{"b":1}', 'c'],
    );
  });

  it('NDJSON: each line is a value as in produce, each message has a line, and a summary ends it', async () => {
    const lines = ['"text"', '["a",{"b":1}]', '', 'broken', '[null]', '"last"'].join('\n');
    const { status, text } = await rig.post('/bindings/out', 'application/x-ndjson', lines);
    assert.equal(status, 200);
    const reports = ndjson(text);
    const { seconds, ...summary } = reports.pop()?.['summary'] as Record<string, unknown>;
    assert.equal(typeof seconds, 'number');
    const counts = { messages: 6, persisted: 4, notPersisted: 2, possiblyPersisted: 0 };
    const engine = process.env['KAFKA_HOTPATH_ENGINE'] ?? 'wasm';
    assert.deepEqual(summary, { ...counts, bytes: lines.length - 5, engine, complete: true });
    assert.deepEqual(
      reports.map(({ line, item, offset, code }) => [line, item, offset, code]),
      [
        [1, 0, String(seen), undefined],
        [2, 0, String(seen + 1), undefined],
        [2, 1, String(seen + 2), undefined],
        [4, 0, '-1', 'ERR_SERIALIZE'],
        [5, 0, '-1', 'ERR_SERIALIZE'],
        [6, 0, String(seen + 3), undefined],
      ],
    );
  });

  it('NDJSON: with reports=failed the persisted ones are in the summary only', async () => {
    const path = '/bindings/out?reports=failed';
    const { status, text } = await rig.post(path, 'application/x-ndjson', '"a"\n["b",null]\nbroken\n"c"\n');
    assert.equal(status, 200);
    const reports = ndjson(text);
    const { messages, persisted, complete } = reports.pop()?.['summary'] as Record<string, unknown>;
    assert.deepEqual([messages, persisted, complete], [5, 3, true]);
    assert.deepEqual(
      reports.map(({ line, item, code }) => [line, item, code]),
      [
        [2, 1, 'ERR_SERIALIZE'],
        [3, 0, 'ERR_SERIALIZE'],
      ],
    );
    const fine = await rig.post(path, 'application/x-ndjson', '"d"');
    assert.deepEqual(ndjson(fine.text).map(Object.keys), [['summary']]);
    const values = stored().map(([, value]) => value);
    assert.deepEqual(values, ['a', 'b', 'c', 'd']);
  });

  it('NDJSON: twenty thousand lines in any cut, in order', async () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `"${index}"`);
    const { status, text } = await rig.post('/bindings/out', 'application/x-ndjson', lines.join('\r\n'));
    assert.equal(status, 200);
    assert.equal(ndjson(text).length, 20_001);
    assert.deepEqual(
      stored().map(([, value]) => `"${value ?? ''}"`),
      lines,
    );
  });

  it('counts what it does, in Prometheus text', async () => {
    const { text, headers } = await rig.get('/metrics');
    assert.match(headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
    assert.match(text, /^kafka_hotpath_http_requests_total\{route="dapr",status="204"\} 3$/m);
    assert.match(text, /^kafka_hotpath_messages_total\{status="persisted"\} 200\d\d$/m);
    for (const line of text.trimEnd().split('\n'))
      assert.match(line, /^# (HELP|TYPE) |^[a-z_]+(\{[^}]*\})? [\d.e+-]+$/);
    assert.equal((await rig.get('/healthz')).status, 200);
    assert.equal((await rig.get('/readyz')).text, '{"status":"ready"}');
  });
});
