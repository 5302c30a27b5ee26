/**
 * The faults of docs/reliability.md that need real nodes, each with both engines, and with idempotence on (durable
 * settings) and off (the documented defaults).
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type ClusterNetwork, KafkaCluster } from '../support/kafka/cluster.ts';
import { whyNoLinks } from '../support/kafka/node-links.ts';
import { assertKept, type EventOf, nameOf, PARTITIONS, runDrill, type Step } from './drill.ts';

const NODES = [1, 2, 3];
/** Which rows run, by their names. */
const WANTED = new RegExp(process.env['KAFKA_HOTPATH_DRILL_ROWS'] ?? '');

interface Row {
  readonly name: string;
  readonly minInSyncReplicas?: number;
  readonly steps: (cluster: KafkaCluster) => Step[];
  readonly isAhead?: (id: number) => boolean;
  /** Cuts the nodes off from each other. */
  readonly needsLinks?: boolean;
}

function tooFewReplicas({ reason }: EventOf<'retry'>): boolean {
  return reason.includes('NOT_ENOUGH_REPLICAS');
}

const ROWS: readonly Row[] = [
  {
    name: 'F08 leader killed with −9',
    steps(cluster) {
      let leader = 0;
      return [
        {
          at: 0.2,
          async run({ topic }) {
            ({ leader } = await cluster.partition(topic));
            await cluster.kill(leader);
          },
        },
        { at: 0.6, run: () => cluster.startNode(leader) },
      ];
    },
  },
  {
    name: 'F09 leader frozen until another leads, then resumed',
    steps: (cluster) => [
      {
        at: 0.3,
        async run({ topic }) {
          const { leader } = await cluster.partition(topic);
          cluster.pause(leader);
          await cluster.until(topic, (now) => now.leader !== leader && now.leader > 0);
          cluster.resume(leader);
        },
      },
    ],
  },
  {
    name: 'F10 follower frozen until it is out of sync, then resumed',
    steps: (cluster) => [
      {
        at: 0.3,
        async run({ topic }) {
          const { leader } = await cluster.partition(topic);
          const follower = NODES.find((nodeId) => nodeId !== leader)!;
          cluster.pause(follower);
          await cluster.until(topic, ({ isr }) => !isr.includes(follower));
          cluster.resume(follower);
        },
      },
    ],
  },
  {
    name: 'F11 rolling restart',
    steps: (cluster) => [
      {
        at: 0.1,
        async run({ topic }) {
          for (const nodeId of NODES) {
            await cluster.stop(nodeId);
            await cluster.startNode(nodeId);
            await cluster.healthy(topic);
          }
        },
      },
    ],
  },
  {
    name: 'F12 whole cluster down, and up again',
    steps: (cluster) => [
      {
        at: 0.4,
        async run() {
          await Promise.all(NODES.map((nodeId) => cluster.kill(nodeId)));
          await Promise.all(NODES.map((nodeId) => cluster.startNode(nodeId)));
        },
      },
    ],
  },
  {
    name: 'F27 too few replicas in sync for a while',
    minInSyncReplicas: 3,
    steps: (cluster) => [
      {
        at: 0.4,
        async run({ topic, events }) {
          const { leader } = await cluster.partition(topic);
          const follower = NODES.find((nodeId) => nodeId !== leader)!;
          const refused = events('retry', tooFewReplicas);
          await cluster.kill(follower);
          await refused;
          await cluster.startNode(follower);
        },
      },
    ],
  },
  {
    name: 'F22 topic deleted and created again',
    steps: (cluster) => [
      {
        at: 0.4,
        async run({ topic, forgive }) {
          await cluster.admin(async (admin) => {
            await admin.deleteTopics({ topics: [topic] });
          });
          await cluster.createTopic(topic, { partitions: PARTITIONS });
          // What was handed over until now may have been acknowledged in the topic that is gone.
          forgive();
        },
      },
    ],
  },
  {
    name: 'F33 records deleted',
    steps: (cluster) => [
      {
        at: 0.4,
        async run({ topic, forgive }) {
          await cluster.admin(async (admin) => {
            const partitions = (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => ({
              partition,
              offset: high,
            }));
            await admin.deleteTopicRecords({ topic, partitions });
          });
          forgive();
        },
      },
    ],
  },
  {
    name: 'F23 partitions added',
    steps: (cluster) => [
      {
        at: 0.3,
        run: ({ topic }) =>
          cluster.admin(async (admin) => {
            await admin.createPartitions({ topicPartitions: [{ topic, count: PARTITIONS * 2 }] });
          }),
      },
    ],
  },
  {
    name: 'F51 messages ahead of the broker’s clock among the others',
    steps: () => [],
    isAhead: (id) => id % 1_009 === 500,
  },
];

function isFirstPersisted({ partition, status }: EventOf<'delivery'>): boolean {
  return partition === 0 && status === 'persisted';
}

/** By proxies between the producers and the nodes and between the nodes themselves, or by links that are pulled. */
const CUT_ROWS: readonly Row[] = [
  {
    name: 'F14 network cut between the producers and the leader only',
    steps: (cluster) => [
      {
        at: 0.3,
        async run({ topic, events }) {
          const { leader } = await cluster.partition(topic);
          const noticed = events('retry');
          cluster.cutClients(leader);
          await noticed;
          cluster.healClients();
        },
      },
    ],
  },
  {
    name: 'F15 network cut between the leader and both other nodes',
    needsLinks: true,
    steps: (cluster) => [
      {
        at: 0.3,
        async run({ topic, events }) {
          const { leader } = await cluster.partition(topic);
          cluster.links!.isolate(leader);
          try {
            await cluster.until(topic, (now) => now.leader !== leader && now.leader > 0);
            // The producers still reach the old leader, which believes in itself and can do nothing: they must find
            // the new one while the cut lasts. The old one acknowledges nothing, so this comes from the new one.
            await events('delivery', isFirstPersisted);
            const seen = await cluster.leaderSeenBy(leader, topic);
            assert.equal(seen, leader, 'the old leader has heard of the new one, so it was not cut off');
          } finally {
            cluster.links!.heal();
          }
        },
      },
    ],
  },
  {
    name: 'F15 no follower gets through to the leader, which stays the leader',
    needsLinks: true,
    steps: (cluster) => [
      {
        at: 0.3,
        async run({ topic, events }) {
          const { leader } = await cluster.partition(topic);
          const refused = events('retry', tooFewReplicas);
          cluster.links!.stopReplicationFrom(leader);
          await refused;
          cluster.links!.heal();
        },
      },
    ],
  },
];

/** By proxies between the producers and the nodes. */
const PROXY_ROWS: readonly Row[] = [
  {
    name: 'F16 requests pass, replies are lost',
    steps: (cluster) => [
      {
        at: 0.3,
        async run({ topic, events }) {
          const { leader } = await cluster.partition(topic);
          const noticed = events('retry');
          cluster.proxies[leader - 1]!.hold('replies');
          await noticed;
          cluster.proxies[leader - 1]!.release();
        },
      },
    ],
  },
  {
    name: 'F17 slow and uneven network',
    steps: (cluster) => [
      {
        at: 0,
        run() {
          let chunks = 0;
          for (const proxy of cluster.proxies) {
            proxy.delayMs = () => (chunks++ * 7) % 50;
            proxy.chunkBytes = 500;
          }
          return Promise.resolve();
        },
      },
      {
        at: 0.9,
        run() {
          for (const proxy of cluster.proxies) {
            proxy.delayMs = undefined;
            proxy.chunkBytes = Infinity;
          }
          return Promise.resolve();
        },
      },
    ],
  },
];

/** Only where a network can be taken apart: connections are half open, and new ones get no answer at all. */
const CABLE_ROWS: readonly Row[] = [
  {
    name: 'F14 every cable of the leader pulled, and put back',
    steps: (cluster) => [
      {
        at: 0.3,
        async run({ topic, events }) {
          const { leader } = await cluster.partition(topic);
          cluster.unplug(leader);
          try {
            await cluster.until(topic, (now) => now.leader !== leader && now.leader > 0);
            await events('delivery', isFirstPersisted);
          } finally {
            cluster.plugIn(leader);
          }
        },
      },
    ],
  },
];

function drills(title: string, all: readonly Row[], where: ClusterNetwork): void {
  const rows = all.filter((row) => WANTED.test(row.name));
  if (rows.length === 0) return;
  void describe(title, { timeout: 3_600_000 }, () => {
    let cluster: KafkaCluster;

    before(async () => {
      cluster = await KafkaCluster.start(where);
    });
    after(async () => {
      await cluster.dispose();
    });

    for (const { name, minInSyncReplicas = 2, steps, isAhead, needsLinks } of rows) {
      void it(name, { skip: needsLinks === true && whyNoLinks }, async (test) => {
        const topic = `${name.slice(0, 3).toLowerCase()}-${rows.findIndex((row) => row.name === name)}`;
        await cluster.createTopic(topic, { partitions: PARTITIONS, minInSyncReplicas });
        await cluster.healthy(topic);
        const plan = { topic, steps: steps(cluster), isAhead };
        for (const stream of await runDrill(cluster, plan)) {
          await test.test(`${name}: ${nameOf(stream.mode)}`, (mode) => {
            mode.diagnostic(assertKept(plan, stream));
          });
        }
      });
    }
  });
}

drills('drills on three nodes', ROWS, 'loopback');
drills('drills on three nodes behind proxies', [...CUT_ROWS, ...PROXY_ROWS], 'proxies');
// `npm run drills` asks for it where the machine allows.
if (process.env['KAFKA_HOTPATH_DRILL_NAMESPACES'] === 'true') {
  drills('drills on three nodes on a network of their own', [...CUT_ROWS, ...CABLE_ROWS], 'namespaces');
}
