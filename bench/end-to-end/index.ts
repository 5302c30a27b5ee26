/**
 * `npm run bench:e2e [-- --rounds 5 --peers REGEX --scenarios REGEX --idempotence off --messages N --json FILE --add]`:
 * every client does the same work against a real Kafka, all replicas acknowledging, end offsets checked after each run.
 * `npm run bench:avro` compares texts with Avro of the same size, both sent by ourselves.
 * A round is every client in every scenario, so that whatever else the machine does meets them all, and the broker runs
 * as Kafka's own script runs it. CPU per message is the figure to trust, because broker and client share the machine
 * and messages per second move with its load. With --add the rounds join those that the file holds already: a machine
 * that is wanted for other things gives its time in pieces.
 */
import { parseArgs } from 'node:util';
import { RealKafka } from '../../test/support/kafka/broker.ts';
import { KAFKA_VERSION, whyNoKafka } from '../../test/support/kafka/install.ts';
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

/** A scenario and what its clients have done so far. */
interface Contest {
  scenario: Scenario;
  taken: Map<Peer, Round[]>;
  failed: string[];
}

const reason = whyNoKafka();
if (reason === undefined) await compare();
else console.log(`skipped: the end-to-end benchmark (${reason})`);

async function compare(): Promise<void> {
  const machine = machineLine();
  const broker = `Kafka ${KAFKA_VERSION}, run as its own script runs it`;
  const idempotence = values.idempotence === 'on';
  console.log(machine);
  const peers = (values.avro ? AVRO_PEERS : PEERS)
    .filter(({ name }) => new RegExp(values.peers, 'i').test(name))
    .filter(isHere);
  const contests = SCENARIOS.filter(({ name }) => new RegExp(values.scenarios, 'i').test(name)).map((scenario) =>
    newContest(scenario, peers),
  );
  const kept =
    values.add && values.json !== undefined ? (keptResults(values.json) as EndToEndResults | undefined) : undefined;
  const together = (): EndToEndResults => {
    return joined(kept, { machine, broker, idempotence, scenarios: contests.map(resultsOf) });
  };
  // At once, and not when the first round is over: what cannot join throws.
  together();
  const kafka = await RealKafka.start({}, { isServer: true });
  try {
    for (const contest of contests) await warmBroker(kafka, contest);
    for (let round = 1; round <= Number(values.rounds); round++) {
      for (const contest of contests) await runRound(contest, round, { kafka, idempotence });
      process.stderr.write('\n');
      // After each, because all of them take long and may be interrupted.
      if (values.json !== undefined) writeResults(values.json, together());
    }
  } finally {
    await kafka.dispose();
  }
  for (const { scenario, taken } of contests) {
    console.log(`\n${headLine(scenario)}, idempotence ${idempotence ? 'on' : 'off'}, ${values.rounds} rounds`);
    for (const [peer, rounds] of taken) console.log(lineOf(peer.name, rounds, scenario));
  }
}

function isHere({ name, missing }: Peer): boolean {
  const why = missing();
  if (why !== undefined) console.log(`skipped: ${name} (${why})`);
  return why === undefined;
}

function newContest(scenario: Scenario, peers: readonly Peer[]): Contest {
  const messages = scenario.rate > 0 ? scenario.messages : Number(values.messages ?? scenario.messages);
  const able = peers.filter((peer) => {
    const isAsked = values.avro || values.peers !== '.' || peer.name.startsWith('kafka-hotpath');
    if (scenario.isOurs === true && !isAsked) return false;
    if (scenario.callsAtOnce !== undefined && (peer.sendMessages ?? 1) === 1) return false;
    return scenario.rate === 0 || peer.hasRate === true;
  });
  return { scenario: { ...scenario, messages }, taken: new Map(able.map((peer) => [peer, []])), failed: [] };
}

async function runRound(
  { scenario, taken, failed }: Contest,
  round: number,
  { kafka, idempotence }: { kafka: RealKafka; idempotence: boolean },
): Promise<void> {
  for (const [number, peer] of [...taken.keys()].entries()) {
    const topic = topicOf(scenario, `${number}-${round}`);
    try {
      taken.get(peer)?.push(await runPeer(peer, scenario, { kafka, topic, idempotence }));
      process.stderr.write('.');
    } catch (error) {
      taken.delete(peer);
      failed.push(peer.name);
      console.log(`left out: ${peer.name} (${(error as Error).message})`);
    }
  }
}

function topicOf({ name }: Scenario, use: string): string {
  return `bench-${SCENARIOS.findIndex((scenario) => scenario.name === name)}-${use}`;
}

function resultsOf({ scenario, taken, failed }: Contest): ScenarioRounds {
  return { scenario: scenario.name, peers: [...taken].map(([peer, rounds]) => ({ peer: peer.name, rounds })), failed };
}

/** A run that counts for nobody: the broker's code is compiled as it is used, and who came first would wait for it. */
async function warmBroker(kafka: RealKafka, { scenario, taken }: Contest): Promise<void> {
  const [peer] = taken.keys();
  if (peer === undefined) return;
  const topic = topicOf(scenario, 'warm');
  try {
    await runPeer(peer, scenario, { kafka, topic, idempotence: true });
  } catch (error) {
    console.log(`the run that warms the broker failed: ${(error as Error).message}`);
  }
}
