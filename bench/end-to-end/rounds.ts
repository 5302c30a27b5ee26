/** The rounds of all clients as a JSON file holds them, and how the rounds of several runs come together. */
import type { Round } from './runner.ts';

export interface PeerRounds {
  peer: string;
  rounds: Round[];
}

export interface ScenarioRounds {
  scenario: string;
  peers: PeerRounds[];
  /** Clients that failed in some round and are left out as a whole: their other rounds would flatter them. */
  failed: string[];
}

export interface EndToEndResults {
  machine: string;
  broker: string;
  idempotence: boolean;
  scenarios: ScenarioRounds[];
}

const LOAD = '; load ';

/** The rounds of both runs. Throws when they are not of one machine and one kind of work. */
export function joined(kept: EndToEndResults | undefined, added: EndToEndResults): EndToEndResults {
  if (kept === undefined) return added;
  const [machine = '', keptLoad = ''] = kept.machine.split(LOAD);
  const [sameMachine, addedLoad = ''] = added.machine.split(LOAD);
  for (const [own, other] of [
    [machine, sameMachine],
    [kept.broker, added.broker],
    [kept.idempotence, added.idempotence],
  ]) {
    if (own !== other) throw new Error(`rounds of "${String(other)}" cannot join those of "${String(own)}"`);
  }
  const names = new Set([...kept.scenarios, ...added.scenarios].map(({ scenario }) => scenario));
  return {
    machine: `${machine}${LOAD}${[...new Set([...keptLoad.split(', '), addedLoad])].join(', ')}`,
    broker: kept.broker,
    idempotence: kept.idempotence,
    scenarios: [...names].map((name) => joinedScenario(name, [kept, added])),
  };
}

function joinedScenario(scenario: string, runs: readonly EndToEndResults[]): ScenarioRounds {
  const parts = runs.flatMap(({ scenarios }) => scenarios.filter((part) => part.scenario === scenario));
  const failed = [...new Set(parts.flatMap((part) => part.failed))];
  const names = new Set(parts.flatMap(({ peers }) => peers.map(({ peer }) => peer)));
  const peers = [...names].map((peer): PeerRounds => {
    const rounds = parts.flatMap((part) => part.peers.find((one) => one.peer === peer)?.rounds ?? []);
    if (rounds.some(({ messages }) => messages !== rounds[0]?.messages)) {
      throw new Error(`${scenario}: the rounds of ${peer} differ in their number of messages`);
    }
    return { peer, rounds };
  });
  return { scenario, peers: peers.filter(({ peer }) => !failed.includes(peer)), failed };
}
