/** The requests of docs/sidecar.md, sent as they stand there. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { finish, firstLine } from '../cli/run.ts';
import { type Rig, startRig } from './rig.ts';

const TEXT = readFileSync('docs/sidecar.md', 'utf8');
const CALL = '{"order":1}';

/** The code of that language below a heading. */
function blocks(language: string, heading = ''): string[] {
  const section = TEXT.split(/^## /m).filter((part) => part.startsWith(heading));
  const pattern = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return section.flatMap((part) => [...part.matchAll(pattern)].map((match) => (match[1] ?? '').trimEnd()));
}

describe('the requests of docs/sidecar.md', () => {
  let rig: Rig;
  before(async () => {
    mkdirSync('.cache', { recursive: true });
    rig = await startRig({}, { name: 'orders' });
  });
  after(() => rig.close());

  it('of each form are answered as they say', async () => {
    const v2 = 'application/vnd.kafka.json.v2+json';
    const batches = 'Batches';
    const forms = [
      ['One message', 0, '/v1.0/bindings/orders', 'application/json', 204],
      [batches, 0, '/topics/orders', v2, 200],
      [batches, 1, '/v3/clusters/any/topics/orders/records', 'application/json', 200],
      ['The response', 0, '/outputs', 'application/json', 200],
    ] as const;
    for (const [heading, index, path, type, expected] of forms) {
      const body = blocks('json', heading)[index];
      assert.ok(body !== undefined, heading);
      const { status, text } = await rig.post(path, type, body);
      assert.equal(status, expected, `${heading}: ${text}`);
    }
    assert.deepEqual(rig.values(), [CALL, CALL, '"text"', CALL, 'one', '{"order":2}']);
  });

  it('can be served by a program of their own, as the last part shows', async () => {
    const [program = ''] = blocks('ts', 'In a program');
    const folder = mkdtempSync(join('.cache', 'sidecar-'));
    const file = join(folder, 'program.mts');
    // Its only additions: any free port, and the word that it is ready.
    writeFileSync(file, `${program.replace('8082', '0')}\nconsole.log(sidecar.address);\n`);
    try {
      const env = { ...process.env, BROKERS: rig.broker.address };
      const child = spawn(process.execPath, ['--import', 'tsx', file], { env });
      const ended = finish(child);
      const address = await firstLine(child);
      const init = { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body: '"from a program"' };
      const response = await fetch(`${address}/bindings/orders`, init);
      assert.equal(response.status, 200);
      await response.text();
      child.kill('SIGTERM');
      assert.equal((await ended).code, 0);
      assert.equal(rig.values().at(-1), 'from a program');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('of PowerShell and C# are taken byte for byte', async () => {
    const stored = rig.values().length;
    const requests = blocks('http', 'Clients');
    assert.equal(requests.length, 3);
    for (const request of requests) {
      const [head = '', ...body] = request.split('\n\n');
      // The only header that is the test's: the answer has then ended when the connection has.
      const lines = [...head.split('\n'), 'Connection: close', '', body.join('\n\n')];
      const answer = await rig.raw(lines.join('\r\n'));
      assert.match(answer, /^HTTP\/1\.1 20[04] /, answer);
      if (answer.includes('summary')) assert.match(answer, /"persisted":3,.*"complete":true/);
    }
    assert.deepEqual(rig.values().slice(stored), [CALL, CALL, '{"order":2}', '{"order":3}', CALL]);
  });
});
