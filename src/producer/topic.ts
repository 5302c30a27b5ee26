/** A topic this producer sends to: its partitions, its place in the engine, and the sends waiting to get in. */
import type { Accumulator, BufferRun } from '../engine/engine.ts';
import type { KafkaHotpathError } from '../errors.ts';
import type { RecordSource } from './api.ts';
import type { Delivery } from './delivery.ts';
import type { GroupMembers } from './group-members.ts';
import { PartitionQueue } from './partition-queue.ts';

/** A send that could not be taken at once: no metadata yet, or no room. */
export interface WaitingSource {
  readonly source: RecordSource;
  readonly delivery: Delivery;
  nextIndex: number;
  readonly signal: AbortSignal | undefined;
}

/** An accumulator and the records staged in it. Its open group belongs to one topic at a time. */
export interface Stage {
  /** Replaced by another one when it fails inside. */
  accumulator: Accumulator;
  topic: TopicState | undefined;
  /** Which messages the staged records are. */
  readonly members: GroupMembers;
  /** How many staged records append has passed and the intake has noted. */
  registered: number;
}

export class TopicState {
  readonly name: string;
  /** As the brokers tell it, to know a topic that was created again; empty until then, and from old brokers. */
  id = '';
  /** One per partition ever seen; the first `partitionCount` take new messages. */
  readonly queues: PartitionQueue[] = [];
  partitionCount = 0;
  stage: Stage | undefined;
  run: BufferRun | undefined;
  /** Sends in arrival order; a later one never overtakes (hand-over order). */
  readonly waiting: WaitingSource[] = [];
  /** Why there is no usable metadata; undefined when there is, or when none has come yet. */
  error: KafkaHotpathError | undefined;
  /** Since when brokers do not know the topic; −1 when they do. */
  unknownSinceMs = -1;
  /** The partition keyless messages go to until its batch is closed; −1 to choose anew. */
  stickyPartition = -1;

  constructor(name: string) {
    this.name = name;
  }

  get isReady(): boolean {
    return this.run !== undefined;
  }

  queue(partition: number): PartitionQueue {
    const queue = this.queues[partition];
    if (queue === undefined) throw new Error(`topic ${this.name} has no queue for partition ${partition}`);
    return queue;
  }

  /** Makes queues up to the given count; those that exist keep their messages and numbering (R4). */
  growQueues(count: number): void {
    for (let partition = this.queues.length; partition < count; partition++) {
      this.queues.push(new PartitionQueue(this.name, partition));
    }
  }
}
