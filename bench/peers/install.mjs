/**
 * `node bench/peers/install.mjs`: gets the clients that npm run bench:e2e compares with onto this machine, each by
 * itself: what cannot be had is named in one line, and the benchmark goes on without it. Needs for all of them: gcc and
 * g++ with librdkafka-dev, libssl-dev, libsasl2-dev, libzstd-dev, libcurl4-openssl-dev, zlib1g-dev; go; javac and the
 * Kafka that npm run test:kafka fetches.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const BUILT = resolve(HERE, '../../.cache/peers');
const CACHE = resolve(HERE, '../../.cache');

const STEPS = {
  // kafka-crab-js declares Node 24 and npm would leave out its binary, which runs on 20 as well: hence --force.
  npm: () => run('npm', ['ci', '--force', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: HERE }),
  'node-rdkafka': () => compile('node-rdkafka', {}),
  // Its static mode downloads sources of OpenSSL and others; the dynamic one uses those of the system.
  confluent: () => compile('@confluentinc/kafka-javascript', { CKJS_LINKING: 'dynamic' }),
  librdkafka: () =>
    run('gcc', ['-O2', '-o', join(BUILT, 'librdkafka'), join(HERE, 'c/peer.c'), '-lrdkafka', '-lpthread']),
  'franz-go': () => run('go', ['build', '-o', join(BUILT, 'franz-go'), '.'], { cwd: join(HERE, 'go') }),
  Java: () => {
    const jars = readdirSync(CACHE).find((name) => /^kafka-\d/.test(name));
    if (jars === undefined) throw new Error('no Kafka in .cache; npm run test:kafka fetches it');
    run('javac', ['-cp', join(CACHE, jars, '*'), '-d', join(BUILT, 'java'), join(HERE, 'java/Peer.java')]);
  },
};

mkdirSync(BUILT, { recursive: true });
const wanted = process.argv.slice(2);
for (const [name, step] of Object.entries(STEPS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  try {
    step();
    console.log(`${name}: ready`);
  } catch (error) {
    const reason =
      String(error.stderr ?? '')
        .trim()
        .split('\n')
        .at(-1) || error.message;
    console.log(`${name}: not available (${reason})`);
  }
}

function run(command, words, options = {}) {
  execFileSync(command, words, { stdio: ['ignore', 'ignore', 'pipe'], maxBuffer: 1 << 28, ...options });
}

/** Compiles a native client with the node-gyp that npm brings; npm itself runs no install scripts here. */
function compile(name, environment) {
  const cwd = join(HERE, 'node_modules', name);
  if (!existsSync(cwd)) throw new Error('npm did not install it');
  const npm = realpathSync(execFileSync('which', ['npm'], { encoding: 'utf8' }).trim());
  const gyp = createRequire(npm).resolve('node-gyp/bin/node-gyp.js');
  const prefix = resolve(process.execPath, '../..');
  const headers = existsSync(join(prefix, 'include/node')) ? [`--nodedir=${prefix}`] : [];
  run(process.execPath, [gyp, 'rebuild', ...headers], { cwd, env: { ...process.env, ...environment } });
}
