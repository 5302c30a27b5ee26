/** The example clients run as they stand, where their language is installed. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { finish } from '../cli/run.ts';
import { type Rig, startRig } from '../serve/rig.ts';

const CLIENTS = [
  { language: 'Python', program: 'python3', probe: '--version', file: 'examples/sidecar/produce.py' },
  { language: 'Java', program: 'java', probe: '-version', file: 'examples/sidecar/Produce.java' },
] as const;

describe('example clients of the sidecar', () => {
  let rig: Rig;
  before(async () => {
    rig = await startRig();
  });
  after(() => rig.close());

  for (const { language, program, probe, file } of CLIENTS) {
    it(`${language} sends one message and many`, async (test) => {
      if (spawnSync(program, [probe]).status !== 0) {
        assert.notEqual(process.env['CI'], 'true', `${program} is missing`);
        test.skip(`${program} is not installed`);
        return;
      }
      const before = rig.values().length;
      const env = { ...process.env, SIDECAR: rig.sidecar.address, BINDING: 'out' };
      const child = spawn(program, [file], { env });
      child.stdin.end();
      const { code, stderr, stdout } = await finish(child);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /persisted/);
      const sent = ['{"order":1}', '{"order":2}', 'three', 'four', 'five'];
      assert.deepEqual(rig.values().slice(before), sent);
    });
  }
});
