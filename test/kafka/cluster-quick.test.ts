/** One drill on three nodes with every run of the Kafka suites; the others are in test/kafka-cluster. */
import { after, before, describe, it } from 'node:test';
import { assertKept, PARTITIONS, runDrill } from '../kafka-cluster/drill.ts';
import { KafkaCluster } from '../support/kafka/cluster.ts';

describe('three nodes', { timeout: 300_000 }, () => {
  let cluster: KafkaCluster;

  before(async () => {
    cluster = await KafkaCluster.start();
  });
  after(async () => {
    await cluster.dispose();
  });

  it('F08 leader killed with −9: nothing lost, duplicated or reordered', async () => {
    const topic = 'quick';
    await cluster.createTopic(topic, { partitions: PARTITIONS });
    await cluster.healthy(topic);
    let leader = 0;
    const kill = async (): Promise<void> => {
      ({ leader } = await cluster.partition(topic));
      await cluster.kill(leader);
    };
    const steps = [
      { at: 0.2, run: kill },
      { at: 0.6, run: () => cluster.startNode(leader) },
    ];
    const plan = { topic, idempotent: true, steps };
    assertKept('F08 leader killed with −9', plan, await runDrill(cluster, plan));
  });
});
