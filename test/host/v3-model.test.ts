/** The host's v3 model against the real library of version 3, which in Azure is a part of the worker. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import type {
  CoreInvocationContext,
  FunctionMetadata,
  HttpData,
  InvocationResponse,
  ProgrammingModel,
  TypedData,
} from '../../src/host/core-api.ts';
import { v3Model } from '../../src/host/v3-model.ts';
import { KafkaOutputs, withKafkaOutput } from '../../src/azure-functions/index.ts';
import { worker } from '../azure-functions/worker.ts';

// What a v3 function sees is whatever its library makes of it.
/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-member-access,
   @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-argument,
   @typescript-eslint/require-await, @typescript-eslint/no-unsafe-return */
type Handler = (context: any, input: any) => unknown;

function libraryModel(): ProgrammingModel {
  const library = createRequire(import.meta.url)('azure-functions-v3') as { setup(): void };
  library.setup();
  const { model } = worker;
  assert.ok(model !== undefined);
  return model;
}

const BODY = Buffer.from('{"a":[1,"ä"]}');

function http(more: Partial<HttpData> = {}): TypedData {
  const url = 'http://localhost/api/f/7?name=x%20y&name=z&n=1';
  const query = { name: 'z', n: '1' };
  const headers = { 'content-type': 'application/json', 'x-a': 'b' };
  return {
    http: { method: 'POST', url, headers, params: { id: '7' }, body: { bytes: BODY }, query, ...more } as HttpData,
  };
}

interface Run {
  response: InvocationResponse | undefined;
  error: string | undefined;
  logs: unknown[];
}

async function runOn(
  model: ProgrammingModel,
  bindings: FunctionMetadata['bindings'],
  data: TypedData,
  handler: Handler,
): Promise<Run> {
  const logs: unknown[] = [];
  const [name = ''] = Object.keys(bindings);
  const core: CoreInvocationContext = {
    invocationId: 'i1',
    metadata: { name: 'f', directory: '/app/f', bindings: structuredClone(bindings) },
    request: { invocationId: 'i1', inputData: [{ name, data }], triggerMetadata: { id: { string: '7' } } },
    state: 'invocation',
    log: (level, category, message) => logs.push([level, category, message]),
  };
  const invocation = model.getInvocationModel(core);
  const callback = withKafkaOutput(handler, { outputs: new KafkaOutputs(), bindings: [] });
  try {
    const { context, inputs } = await invocation.getArguments();
    const result = await invocation.invokeFunction(context, inputs, callback as never);
    return { response: await invocation.getResponse(context, result), error: undefined, logs };
  } catch (error) {
    return { response: undefined, error: (error as Error).name, logs };
  }
}

/** The HTTP response wherever a model puts it, in a form in which silence and absence are the same. */
function replyOf({ response }: Run): { type: string | undefined } & Record<string, unknown> {
  const output = response?.outputData?.find(({ data }) => data.http !== undefined);
  const given = response?.returnValue?.http ?? output?.data.http;
  const { statusCode, headers: { 'content-type': type, ...headers } = {}, cookies = [], body } = given ?? {};
  const { json, string, bytes, int, double } = body ?? {};
  const text = json ?? string ?? (bytes && Buffer.from(bytes).toString()) ?? (int ?? double)?.toString();
  return { type, headers, text, status: statusCode ?? null, cookies: JSON.stringify(cookies) };
}

const HTTP = { req: { type: 'httpTrigger', direction: 'in' }, res: { type: 'http', direction: 'out' } };
const RETURN = { req: { type: 'httpTrigger', direction: 'in' }, $return: { type: 'http', direction: 'out' } };
const TIMER = { timer: { type: 'timerTrigger', direction: 'in' } };
const MANUAL = { input: { type: 'manualTrigger', direction: 'in' } };
const STATUS = '{"Last":"l","LastUpdated":"u","Next":"n"}';
const TIMER_DATA = {
  json: `{"Schedule":{"AdjustForDST":true},"ScheduleStatus":${STATUS},"IsPastDue":false}`,
};

const HANDLERS: readonly [what: string, bindings: FunctionMetadata['bindings'], data: TypedData, handler: Handler][] = [
  [
    'sets an object',
    HTTP,
    http(),
    async (context) => void (context.res = { status: 201, body: { a: 1 }, headers: { 'x-b': 2, no: null } }),
  ],
  ['sets a text', HTTP, http(), async (context) => void (context.res = { body: 'text' })],
  [
    'sets bytes',
    HTTP,
    http(),
    async (context) => void (context.res = { body: Buffer.from('bytes'), statusCode: '202' }),
  ],
  ['sets a number', HTTP, http(), async (context) => void (context.res = { body: 5 })],
  ['binds its response', HTTP, http(), async (context) => void (context.bindings.res = { status: 203 })],
  ['returns by name', HTTP, http(), async () => ({ res: { status: 204 } })],
  ['returns its response', RETURN, http(), async () => ({ status: 205, body: 'b' })],
  ['returns no response', RETURN, http(), async () => 'text'],
  [
    'calls done',
    HTTP,
    http(),
    (context) => {
      context.res = { body: 'done' };
      context.done();
    },
  ],
  [
    'calls done with a result',
    HTTP,
    http(),
    (context) => {
      context.done(null, { res: { body: 'r' } });
    },
  ],
  [
    'calls done with an error',
    HTTP,
    http(),
    (context) => {
      context.done(new TypeError('x'));
    },
  ],
  [
    'sends',
    HTTP,
    http(),
    (context) => {
      context.res.status(206).set('X-C', 'd').type('text/html').send('sent');
    },
  ],
  [
    'sends JSON',
    HTTP,
    http(),
    (context) => {
      context.res.json({ sent: true });
    },
  ],
  [
    'sends a status',
    HTTP,
    http(),
    (context) => {
      context.res.sendStatus(404);
    },
  ],
  [
    'ends',
    HTTP,
    http(),
    (context) => {
      context.res.setHeader('A', 'b').removeHeader('a').header('c', 'd').end('e');
    },
  ],
  [
    'sets cookies',
    HTTP,
    http(),
    async (context) => {
      context.res = {
        cookies: [
          { name: 'n', value: 'v', path: '/', expires: new Date(5000), sameSite: 'None', secure: true, maxAge: 5 },
        ],
      };
    },
  ],
  [
    'throws',
    HTTP,
    http(),
    async () => {
      throw new RangeError('x');
    },
  ],
  [
    'reads the request',
    HTTP,
    http(),
    async (context, req) => {
      const { method, url, originalUrl, headers, query, params, body, rawBody, bufferBody } = req;
      const user = req.user as unknown;
      const { sys, ...data } = context.bindingData;
      context.res = {
        body: {
          method,
          url,
          originalUrl,
          headers,
          query,
          params,
          body,
          rawBody,
          user,
          size: bufferBody.length,
          get: [req.get('X-A'), req.get('none')],
          data,
          sys: [sys.methodName, Object.keys(sys)],
          same: context.req === req && context.bindings.req === req,
        },
      };
    },
  ],
  [
    'reads text that is no JSON',
    HTTP,
    http({ body: { bytes: Buffer.from('{"a') } }),
    async (context, req) => void (context.res = { body: [req.body, req.rawBody] }),
  ],
  [
    'reads text with a mark',
    HTTP,
    http({ body: { bytes: Buffer.from('\ufeff"a"') } }),
    async (context, req) => void (context.res = { body: [req.body, req.rawBody] }),
  ],
  [
    'reads bytes',
    HTTP,
    http({ headers: { 'content-type': 'application/octet-stream' } }),
    async (context, req) => void (context.res = { body: [Buffer.isBuffer(req.body), req.body.length, req.rawBody] }),
  ],
  [
    'reads a form',
    HTTP,
    http({
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: { bytes: Buffer.from('a=1&b=x+y&a=2') },
    }),
    async (context, req) => {
      const form = req.parseFormBody();
      context.res = {
        body: [
          form.length,
          form.has('b'),
          form.has('c'),
          form.get('c'),
          form.getAll('a').length,
          form.get('b').value.toString(),
          [...form].length,
        ],
      };
    },
  ],
  [
    'reads no body',
    HTTP,
    http({ body: null }),
    async (context, req) => void (context.res = { body: [typeof req.body, typeof req.rawBody] }),
  ],
  [
    'logs',
    HTTP,
    http(),
    async (context) => {
      context.log('a %s', 'b', 3);
      context.log.warn('w');
      context.log.error('e');
      context.log.info('i');
      context.log.verbose('v');
    },
  ],
  [
    'reads its context',
    HTTP,
    http(),
    async (context) => {
      const { invocationId, executionContext, traceContext, bindingDefinitions } = context;
      context.res = { body: { invocationId, executionContext, traceContext, bindingDefinitions } };
    },
  ],
  ['returns the timer', TIMER, TIMER_DATA, async (_context, timer) => timer],
  ['returns what it was given', MANUAL, { string: 'plain' }, async (_context, input) => input],
  ['returns what the JSON says', MANUAL, { json: '{"a":1}' }, async (context) => context.bindings.input],
];

describe('the v3 model of the host', () => {
  const library = libraryModel();
  for (const [what, bindings, data, handler] of HANDLERS) {
    it(`is the library's for a function that ${what}`, async () => {
      const [theirs, ours] = [
        await runOn(library, bindings, data, handler),
        await runOn(v3Model, bindings, data, handler),
      ];
      assert.deepEqual([ours.error, ours.logs], [theirs.error, theirs.logs]);
      if (bindings === TIMER || bindings === MANUAL) {
        assert.deepEqual(ours.response?.returnValue, theirs.response?.returnValue);
        assert.ok(ours.response?.returnValue !== undefined);
        return;
      }
      if (what === 'logs') return; // An untouched response is empty to the library; the host answers 204.
      const [reply, expected] = [replyOf(ours), replyOf(theirs)];
      // What a function says nothing of is left to Azure's host by the library.
      assert.deepEqual({ ...reply, type: expected.type && reply.type }, expected);
    });
  }
});
