/** `produce` by its contract: reports line by line, exit codes, signals, broken pipes. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type BrokerRequest, type EmbeddedBroker, startBroker } from '../../src/broker/index.ts';
import { finish, firstLine, Folder, jsonLines, run, type RunResult, start } from './run.ts';

function isFor(topic: string, { produce }: BrokerRequest): boolean {
  return produce?.topics.some((entry) => entry.topic === topic) === true;
}

describe('produce', { concurrency: 2 }, () => {
  const folder = new Folder();
  let broker: EmbeddedBroker;
  let environment: Record<string, string>;
  const binding = folder.file('function.json', {
    bindings: [{ type: 'kafka', direction: 'out', name: 'o', brokerList: '%BrokerList%', topic: '%Topic%' }],
  });
  let topicCount = 0;

  before(async () => {
    broker = await startBroker();
    environment = { BrokerList: broker.address };
  });
  after(async () => {
    await broker.close();
    folder.remove();
  });

  /** A topic that only this test writes to. */
  function newTopic(partitions = 1): string {
    topicCount += 1;
    broker.createTopic({ name: `topic-${topicCount}`, partitions });
    return `topic-${topicCount}`;
  }

  function produce(topic: string, args: readonly string[], input: string | Buffer): Promise<RunResult> {
    return run(['produce', '--binding', binding, ...args], input, { ...environment, Topic: topic });
  }

  function storedTexts(topic: string): string[] {
    return broker.records(topic).map(({ value }) => Buffer.from(value ?? []).toString('utf8'));
  }

  it('reports every message in one JSON line, and sums up', async () => {
    const topic = newTopic();
    const input = '"text"\n["a", {"b": 1}, [2]]\n\n"[\\"c\\",\\"d\\"]"\nnull\n[]\n7';
    const { code, stdout, stderr } = await produce(topic, ['--json'], input);
    assert.equal(code, 0, stderr);
    assert.deepEqual(storedTexts(topic), ['text', 'a', '{"b":1}', '[2]', 'c', 'd', '7']);
    const lines = jsonLines(stdout);
    const { summary } = lines.pop() as { summary: Record<string, unknown> };
    assert.deepEqual(
      lines.map(({ line, item, offset }) => [line, item, offset]),
      [
        [1, 0, '0'],
        [2, 0, '1'],
        [2, 1, '2'],
        [2, 2, '3'],
        [4, 0, '4'],
        [4, 1, '5'],
        [7, 0, '6'],
      ],
    );
    for (const { status, topic: sentTo, partition, timestamp, ...rest } of lines) {
      assert.deepEqual([status, sentTo, partition], ['persisted', topic, 0]);
      assert.match(timestamp as string, /^\d{13}$/);
      assert.deepEqual(Object.keys(rest), ['line', 'item', 'offset']);
    }
    const { seconds, ...counts } = summary;
    assert.equal(typeof seconds, 'number');
    assert.deepEqual(counts, {
      messages: 7,
      persisted: 7,
      notPersisted: 0,
      possiblyPersisted: 0,
      bytes: Buffer.byteLength('"text"["a", {"b": 1}, [2]]"[\\"c\\",\\"d\\"]"7'),
      engine: process.env['KAFKA_HOTPATH_ENGINE'] ?? 'wasm',
    });
  });

  it('reports lines that are not JSON, without repeating them, and goes on', async () => {
    const topic = newTopic();
    const input = Buffer.concat([
      Buffer.from('"before"\n{"CANARY": secret}\n'),
      Buffer.from([0x22, 0xff, 0x22, 0x0a]),
      Buffer.from('[null, "kept", {"Offset":0}]\n"after"\n'),
    ]);
    const { code, stdout, stderr } = await produce(topic, ['--json'], input);
    assert.equal(code, 1, stderr);
    assert.deepEqual(storedTexts(topic), ['before', 'kept', '{"Offset":0}', 'after']);
    const failed = jsonLines(stdout).filter(({ status }) => status === 'notPersisted');
    assert.deepEqual(
      failed.map(({ line, item, code: reason, offset, partition }) => [line, item, reason, offset, partition]),
      [
        [2, 0, 'ERR_SERIALIZE', '-1', -1],
        [3, 0, 'ERR_SERIALIZE', '-1', -1],
        [4, 0, 'ERR_SERIALIZE', '-1', -1],
      ],
    );
    assert.match(failed[0]?.['message'] as string, /^line 2 is not JSON/);
    assert.match(failed[1]?.['message'] as string, /^line 3 is not UTF-8/);
    assert.match(failed[2]?.['message'] as string, /^line 4 item 0 \(\$\): got null/);
    assert.doesNotMatch(stdout + stderr, /CANARY/);
  });

  it('ends at a bad line when asked to, after delivering what came before', async () => {
    const topic = newTopic();
    const { code } = await produce(topic, ['--stop-on-bad-line'], '"before"\n{\n"after"\n');
    assert.equal(code, 1);
    assert.deepEqual(storedTexts(topic), ['before']);
  });

  it('fails lines that are too long, without keeping them', async () => {
    const topic = newTopic();
    const input = `"short"\n"${'x'.repeat(300_000)}"\n"short too"`;
    const { code, stdout } = await produce(topic, ['--max-line-bytes', '1000'], input);
    assert.equal(code, 1);
    assert.match(stdout, /^line 2 item 0: notPersisted ERR_SERIALIZE line 2 has 300002 bytes; allowed: at most 1000/m);
    assert.deepEqual(storedTexts(topic), ['short', 'short too']);
  });

  it('says little without --json: failures on stdout, a summary on stderr, nothing with --quiet', async () => {
    const topic = newTopic();
    const plain = await produce(topic, [], '"x"\n');
    assert.equal(plain.stdout, '');
    assert.match(plain.stderr, /^messages 1 · persisted 1 · not persisted 0/m);
    const verbose = await produce(topic, ['--verbose'], '"x"\n');
    assert.match(verbose.stdout, /^line 1 item 0: persisted topic-\d+\[0\]@1\n$/);
    assert.match(verbose.stderr, /engine: /);
    const quiet = await produce(topic, ['--quiet'], '"x"\n');
    assert.equal(quiet.stdout + quiet.stderr, '');
  });

  it('reads a file, and frames with the engine asked for', async () => {
    const topic = newTopic();
    const input = folder.file('input.ndjson', '"from a file"\n');
    const { code, stdout } = await produce(topic, ['--input', input, '--engine', 'typescript', '--json'], '');
    assert.equal(code, 0);
    assert.match(stdout, /"engine":"typescript"/);
    assert.deepEqual(storedTexts(topic), ['from a file']);
  });

  it('takes ten thousand lines in any cut', async () => {
    const topic = newTopic();
    const lines = Array.from({ length: 10_000 }, (_, index) => JSON.stringify(`${index} ${'é'.repeat(index % 90)}`));
    const { code, stdout } = await produce(topic, ['--json'], lines.join('\r\n'));
    assert.equal(code, 0);
    assert.equal(jsonLines(stdout).length, 10_001);
    assert.deepEqual(
      storedTexts(topic),
      lines.map((line) => JSON.parse(line) as string),
    );
  });

  it('ends with 3 for a configuration, 4 for a broker that cannot be reached', async () => {
    const unset = await run(['produce', '--binding', binding], '', { BrokerList: '', Topic: 'x' });
    assert.equal(unset.code, 3);
    assert.match(unset.stderr, /brokerList: refers to "%BrokerList%"/);
    const unknown = await produce('nobody-made-this', [], '"x"');
    assert.equal(unknown.code, 3);
    assert.match(unknown.stderr, /nobody-made-this.*ERR_UNKNOWN_TOPIC/s);
    const gone = await startBroker();
    const { address } = gone;
    await gone.close();
    const closed = await run(['produce', '--binding', binding], '"x"', { BrokerList: address, Topic: 'x' });
    assert.equal(closed.code, 4, closed.stderr);
    assert.match(closed.stderr, /ERR_CONNECT/);
    assert.equal(closed.stdout, '');
  });

  it('ends with 5 when a message was sent and no trustworthy answer came', async () => {
    const topic = newTopic();
    const stop = broker.control.onRequest((request) => (isFor(topic, request) ? { drop: 'afterHandling' } : undefined));
    const short = folder.file('short.json', {
      type: 'kafka',
      brokerList: broker.address,
      topic,
      messageTimeoutMs: 1000,
      requestTimeoutMs: 500,
      maxRetries: 0,
    });
    const { code, stdout } = await run(['produce', '--binding', short, '--json'], '"unclear"\n');
    stop();
    assert.equal(code, 5, stdout);
    assert.match(stdout, /"status":"possiblyPersisted"/);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`stops reading at ${signal}, reports everything it took, and ends with 130`, async () => {
      const topic = newTopic();
      const child = start(['produce', '--binding', binding, '--json'], { ...environment, Topic: topic });
      const done = finish(child);
      child.stdin.write('"one"\n"two"\n');
      await firstLine(child);
      child.kill(signal);
      const { code, stdout } = await done;
      assert.equal(code, 130);
      const lines = jsonLines(stdout);
      assert.equal(lines.length, 3);
      assert.equal((lines.at(-1)?.['summary'] as { persisted: number }).persisted, 2);
      assert.deepEqual(storedTexts(topic), ['one', 'two']);
    });
  }

  it('gives up at the flush timeout after a signal, with a report for each message', async () => {
    const topic = newTopic();
    let arrived: () => void = () => undefined;
    const request = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const stop = broker.control.onRequest((received) => {
      if (!isFor(topic, received)) return undefined;
      arrived();
      return { mute: true };
    });
    const child = start(['produce', '--binding', binding, '--json', '--flush-timeout-ms', '50'], {
      ...environment,
      Topic: topic,
    });
    const done = finish(child);
    child.stdin.write('"stuck"\n');
    await request;
    child.kill('SIGTERM');
    const { code, stdout } = await done;
    stop();
    assert.equal(code, 130);
    assert.match(stdout, /"status":"possiblyPersisted".*"code":"ERR_PURGED_INFLIGHT"/);
  });

  it('goes quietly when nobody reads its reports', async () => {
    const topic = newTopic();
    const child = start(['produce', '--binding', binding, '--json'], { ...environment, Topic: topic });
    const line = firstLine(child);
    child.stdin.write('"one"\n');
    await line;
    child.stdout.destroy();
    child.stdin.on('error', () => undefined);
    // The writes that meet the closed pipe; more than one, because the first may fill it only.
    for (let count = 0; count < 200; count++) child.stdin.write(`"${'x'.repeat(1000)}"\n`);
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    const code = await new Promise((resolve) => child.on('close', resolve));
    assert.equal(code, 0);
    assert.doesNotMatch(stderr, /EPIPE|Error/);
  });
});
