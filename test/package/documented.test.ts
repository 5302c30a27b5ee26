/** The first steps of the documents, as they stand there but for ports that are free. Needs a build. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { finish } from '../cli/run.ts';
import { freePorts } from '../support/kafka/ports.ts';

const DOCUMENTS = ['docs/sidecar.md', 'docs/azure-functions.md'];
const PORTS = ['9092', '8082', '7071'];

/** The shell code of "First steps": a broker, a server, and a client. */
function stepsOf(document: string): string[] {
  const section = readFileSync(document, 'utf8')
    .split(/^## /m)
    .find((part) => part.startsWith('First steps'));
  return [...(section ?? '').matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '');
}

/** Resolves with the first thing that a server says, which is when it is ready. */
async function firstWords(child: ChildProcess): Promise<string> {
  const said = once(child.stdout as NodeJS.EventEmitter, 'data').then(([part]) => String(part));
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('the server ended before it was ready')));
  return Promise.race([said, ended]);
}

describe('first steps', () => {
  for (const document of DOCUMENTS) {
    it(`of ${document}`, async (test) => {
      if (process.platform === 'win32' || spawnSync('curl', ['--version']).status !== 0) {
        assert.notEqual(process.env['CI'], 'true', 'curl is missing');
        test.skip('there is no shell with curl');
        return;
      }
      const free = await freePorts(PORTS.length);
      const onFreePorts = (text: string): string =>
        PORTS.reduce((all, port, index) => all.replaceAll(port, String(free[index])), text);
      const env = { ...process.env, BrokerList: `127.0.0.1:${String(free[0])}` };
      const [broker = '', server = '', client = '', ...others] = stepsOf(document).map(onFreePorts);
      assert.deepEqual(others, []);
      const servers: ChildProcess[] = [];
      try {
        for (const command of [broker, server]) {
          // A group of its own, because npx leaves the ending to its child.
          const child = spawn('sh', ['-c', command], { env, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
          servers.push(child);
          assert.match(await firstWords(child), /127\.0\.0\.1:\d+/);
        }
        const { code, stdout, stderr } = await finish(spawn('sh', ['-e', '-c', client], { env }));
        assert.equal(code, 0, stderr);
        assert.match(stdout, document.includes('sidecar') ? /"persisted":4,.*\n# HELP/s : /^\{"accepted":2\}/);
      } finally {
        for (const child of servers.reverse()) {
          if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
        }
        for (const child of servers)
          if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
      }
    });
  }
});
