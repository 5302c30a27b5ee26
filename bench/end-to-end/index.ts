/**
 * `npm run bench:e2e [-- --rounds 5 --peers REGEX --scenarios REGEX --idempotence off --messages N --json FILE --add]`:
 * every client does the same work against a real Kafka, all replicas acknowledging, end offsets checked after each run.
 * `npm run bench:avro` compares texts with Avro of the same size, both sent by ourselves.
 * Rounds are interleaved, so that whatever else the machine does meets all clients. CPU per message is the figure to
 * trust, because broker and client share the machine and messages per second move with its load. With --add the rounds
 * join those that the file holds already: a machine that is wanted for other things gives its time in pieces.
 */
import { parseArgs } from 'node:util';
import { RealKafka } from '../../test/support/kafka/broker.ts';
import { whyNoKafka } from '../../test/support/kafka/install.ts';
import { machineLine } from '../machine.ts';
import { keptResults, writeResults } from '../results.ts';
import { headLine, lineOf } from './lines.ts';
import { AVRO_PEERS, type Peer, PEERS } from './peers.ts';
import { type EndToEndResults, joined, type ScenarioRounds } from './rounds.ts';
import { type Round, runPeer } from './runner.ts';
import { type Scenario, SCENARIOS } from './scenarios.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    peers: { type: 'string', default: '.' },
    scenarios: { type: 'string', default: '.' },
    idempotence: { type: 'string', default: 'on' },
    /** Instead of each scenario's own number, where no rate is kept. */
    messages: { type: 'string' },
    json: { type: 'string' },
    add: { type: 'boolean', default: false },
    /** Ourselves only, texts against Avro of the same size. */
    avro: { type: 'boolean', default: false },
  },
});

const reason = whyNoKafka();
if (reason === undefined) await compare();
else console.log(`skipped: the end-to-end benchmark (${reason})`);

async function compare(): Promise<void> {
  const machine = machineLine();
  const idempotence = values.idempotence === 'on';
  console.log(machine);
  const peers = (values.avro ? AVRO_PEERS : PEERS)
    .filter(({ name }) => new RegExp(values.peers, 'i').test(name))
    .filter(isHere);
  const scenarios = SCENARIOS.filter(({ name }) => new RegExp(values.scenarios, 'i').test(name));
  const results: ScenarioRounds[] = [];
  const kept =
    values.add && values.json !== undefined ? (keptResults(values.json) as EndToEndResults | undefined) : undefined;
  const kafka = await RealKafka.start();
  try {
    for (const scenario of scenarios) {
      results.push(await runScenario(kafka, scenario, peers, idempotence));
      // After each, because all of them take long and may be interrupted.
      if (values.json !== undefined) {
        writeResults(values.json, joined(kept, { machine, idempotence, scenarios: results }));
      }
    }
  } finally {
    await kafka.dispose();
  }
}

function isHere({ name, missing }: Peer): boolean {
  const why = missing();
  if (why !== undefined) console.log(`skipped: ${name} (${why})`);
  return why === undefined;
}

async function runScenario(
  kafka: RealKafka,
  scenario: Scenario,
  peers: readonly Peer[],
  idempotence: boolean,
): Promise<ScenarioRounds> {
  const messages = scenario.rate > 0 ? scenario.messages : Number(values.messages ?? scenario.messages);
  const given = { ...scenario, messages };
  const able = peers.filter((peer) => {
    const isAsked = values.avro || values.peers !== '.' || peer.name.startsWith('kafka-hotpath');
    if (given.isOurs === true && !isAsked) return false;
    return given.rate === 0 || peer.hasRate === true;
  });
  const taken = new Map<Peer, Round[]>(able.map((peer) => [peer, []]));
  const failed: string[] = [];
  await warmBroker(kafka, able[0], given);
  for (let round = 1; round <= Number(values.rounds); round++) {
    for (const peer of [...taken.keys()]) {
      const topic = `bench-${SCENARIOS.indexOf(scenario)}-${peers.indexOf(peer)}-${round}`;
      try {
        taken.get(peer)?.push(await runPeer(peer, given, { kafka, topic, idempotence }));
        process.stderr.write('.');
      } catch (error) {
        taken.delete(peer);
        failed.push(peer.name);
        console.log(`left out: ${peer.name} (${(error as Error).message})`);
      }
    }
  }
  process.stderr.write('\n');
  console.log(`\n${headLine(given)}, idempotence ${idempotence ? 'on' : 'off'}, ${values.rounds} rounds`);
  for (const [peer, rounds] of taken) console.log(lineOf(peer.name, rounds, given));
  return { scenario: scenario.name, peers: [...taken].map(([peer, rounds]) => ({ peer: peer.name, rounds })), failed };
}

/** A run that counts for nobody: the broker's code is compiled as it is used, and who came first would wait for it. */
async function warmBroker(kafka: RealKafka, peer: Peer | undefined, scenario: Scenario): Promise<void> {
  if (peer === undefined) return;
  const topic = `bench-warm-${scenario.partitions}-${scenario.rate}-${scenario.valueBytes}`;
  try {
    await runPeer(peer, scenario, { kafka, topic, idempotence: true });
  } catch (error) {
    console.log(`the run that warms the broker failed: ${(error as Error).message}`);
  }
}
