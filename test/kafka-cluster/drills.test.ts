/** The faults of docs/reliability.md that need real nodes, each with idempotence on (durable settings) and off. */
import { after, before, describe, it } from 'node:test';
import { KafkaCluster } from '../support/kafka/cluster.ts';
import { assertKept, PARTITIONS, runDrill, type Step } from './drill.ts';

const NODES = [1, 2, 3];

interface Row {
  readonly name: string;
  readonly minInSyncReplicas?: number;
  readonly steps: (cluster: KafkaCluster, deleted: (below: number) => void) => Step[];
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
    name: 'F15 leader alone: both followers frozen, then resumed',
    steps: (cluster) => [
      {
        at: 0.4,
        async run({ topic, event }) {
          const { leader } = await cluster.partition(topic);
          const followers = NODES.filter((nodeId) => nodeId !== leader);
          const noticed = event('retry');
          for (const nodeId of followers) cluster.pause(nodeId);
          await noticed;
          for (const nodeId of followers) cluster.resume(nodeId);
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
        async run({ topic, event }) {
          const { leader } = await cluster.partition(topic);
          const follower = NODES.find((nodeId) => nodeId !== leader)!;
          const refused = event('retry', /NOT_ENOUGH_REPLICAS/);
          await cluster.kill(follower);
          await refused;
          await cluster.startNode(follower);
        },
      },
    ],
  },
  {
    name: 'F22 topic deleted and created again',
    steps: (cluster, deleted) => [
      {
        at: 0.4,
        async run({ topic, handedOver }) {
          await cluster.admin(async (admin) => {
            await admin.deleteTopics({ topics: [topic] });
          });
          await cluster.createTopic(topic, { partitions: PARTITIONS });
          // What was handed over until now may have been acknowledged in the topic that is gone.
          deleted(handedOver());
        },
      },
    ],
  },
  {
    name: 'F33 records deleted',
    steps: (cluster, deleted) => [
      {
        at: 0.4,
        async run({ topic, handedOver }) {
          await cluster.admin(async (admin) => {
            const partitions = (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => ({
              partition,
              offset: high,
            }));
            await admin.deleteTopicRecords({ topic, partitions });
          });
          deleted(handedOver());
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
];

describe('drills on three nodes', { timeout: 3_600_000 }, () => {
  let cluster: KafkaCluster;

  before(async () => {
    cluster = await KafkaCluster.start();
  });
  after(async () => {
    await cluster.dispose();
  });

  for (const row of ROWS) {
    for (const idempotent of [true, false]) {
      void it(`${row.name}, idempotence ${idempotent ? 'on' : 'off'}`, async () => {
        const topic = `${row.name.slice(0, 3).toLowerCase()}-${idempotent ? 'on' : 'off'}`;
        const { minInSyncReplicas = 2 } = row;
        await cluster.createTopic(topic, { partitions: PARTITIONS, minInSyncReplicas });
        await cluster.healthy(topic);
        let deletedBelow = 0;
        const steps = row.steps(cluster, (below) => (deletedBelow = below));
        const plan = { topic, idempotent, steps, deletedBelow: () => deletedBelow };
        assertKept(row.name, plan, await runDrill(cluster, plan));
      });
    }
  }
});
