/** `produce` with the choices about payloads, from a folder of functions, and with keys of a type. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type EmbeddedBroker, startBroker } from '../../src/broker/index.ts';
import { Folder, jsonLines, run, type RunResult } from './run.ts';

describe('produce', { concurrency: 2 }, () => {
  const folder = new Folder();
  const app = join(folder.path, 'app');
  let broker: EmbeddedBroker;
  let topicCount = 0;
  before(async () => {
    broker = await startBroker();
    mkdirSync(join(app, 'Send'), { recursive: true });
    folder.file('app/local.settings.json', { Values: { BrokerList: broker.address, Topic: 'from-settings' } });
    const kafka = { type: 'kafka', direction: 'OUT', name: '$return', broker_list: 'BrokerList', topic: '%Topic%' };
    // Indented with no-break spaces, as some samples of the extension are, with a comment and a comma too many.
    const text = JSON.stringify(
      { bindings: [{ ...kafka, keyDataType: 'Int', maxMessageBytes: 2000 }] },
      null,
      '\u00a0',
    );
    folder.file('app/Send/function.json', `\ufeff// sends\n${text.replace(/\}(\s*\]\s*\})$/, '},$1')}`);
  });
  after(async () => {
    await broker.close();
    folder.remove();
  });

  /** On a topic that only this test writes to. */
  async function produce(args: readonly string[], input: string): Promise<RunResult & { stored: string[] }> {
    topicCount += 1;
    const topic = `topic-${topicCount}`;
    broker.createTopic({ name: topic });
    const result = await run(['produce', '--app', app, ...args], input, { Topic: topic });
    const stored = broker.records(topic).map(({ key, value }) => {
      const prefix = key === null ? '' : `${Buffer.from(key).toString('hex')}:`;
      return prefix + Buffer.from(value ?? []).toString();
    });
    return { ...result, stored };
  }

  it('takes the only output of an app, its settings, and writes keys by their type', async () => {
    const envelope = { Offset: 0, Partition: 0, Topic: '', Timestamp: '', Key: 258, Value: 'v', Headers: [] };
    const { code, stderr, stored } = await produce([], `${JSON.stringify(envelope)}\n"plain"\n`);
    assert.equal(code, 0, stderr);
    assert.deepEqual(stored, ['00000102:v', 'plain']);
  });

  it('--refuse-all holds back the line of a message that cannot be sent, and no other', async () => {
    const large = 'x'.repeat(2000);
    const input = ['"first"', `["a","${large}","c"]`, '["d",null]', '["e","f"]'].join('\n');
    const { code, stdout, stored } = await produce(['--json', '--refuse-all'], input);
    assert.equal(code, 1);
    assert.deepEqual(stored, ['first', 'e', 'f']);
    const failed = jsonLines(stdout).filter(({ status }) => status === 'notPersisted');
    assert.deepEqual(
      failed.map(({ line, item, code: reason }) => `${String(line)}.${String(item)} ${String(reason)}`).sort(),
      [
        '2.0 ERR_MSG_SIZE_TOO_LARGE',
        '2.1 ERR_MSG_SIZE_TOO_LARGE',
        '2.2 ERR_MSG_SIZE_TOO_LARGE',
        '3.0 ERR_SERIALIZE',
        '3.1 ERR_SERIALIZE',
      ],
    );
  });

  it('--azure-quirk does as the extension does', async () => {
    const input = '{"a":1.10}\n["b",null]\n"{c}"\n';
    const quirks = ['indentedJson', 'nullElementsAreEmpty', 'bracketedTextFails', 'zeroKeys'];
    const { code, stdout, stored } = await produce(
      ['--json', ...quirks.flatMap((name) => ['--azure-quirk', name])],
      input,
    );
    assert.equal(code, 1);
    assert.deepEqual(stored, ['00000000:{\n  "a": 1.1\n}', '00000000:b', '00000000:']);
    const failed = jsonLines(stdout).filter(({ status }) => status === 'notPersisted');
    assert.deepEqual(
      failed.map(({ line, code: reason }) => [line, reason]),
      [[3, 'ERR_SERIALIZE']],
    );
  });

  it('--strict refuses what could only be sent changed', async () => {
    const { code, stdout, stored } = await produce(['--json', '--strict'], '"\\ud800"\n"whole"\n');
    assert.equal(code, 1);
    assert.deepEqual(stored, ['whole']);
    assert.match(stdout, /half of a surrogate pair/);
  });

  it('says how to name things', async () => {
    const quirk = await run(['produce', '--app', app, '--azure-quirk', 'indent']);
    assert.equal(quirk.code, 2);
    assert.match(quirk.stderr, /allowed: indentedJson, /);
    const neither = await run(['produce']);
    assert.equal(neither.code, 2);
    assert.match(neither.stderr, /give --binding with a function\.json, or --app with a folder/);
    const lenient = await run(['produce', '--app', app, '--azure-quirk', 'zeroKeys', '--envelope', 'lenient']);
    assert.equal(lenient.code, 3);
  });
});
