/** A request never turns out larger on the wire than it said while it was put together. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TransportError } from '../../src/errors.ts';
import { Batch } from '../../src/producer/batch.ts';
import type { BatchFate } from '../../src/producer/fates.ts';
import { FlightRequest } from '../../src/producer/flight-request.ts';
import { PartitionQueue } from '../../src/producer/partition-queue.ts';
import { CLIENT_VERSIONS } from '../../src/protocol/api-keys.ts';
import { encodeRequestHeader } from '../../src/protocol/frame.ts';
import { encodeProduce } from '../../src/protocol/produce.ts';
import { Random } from '../support/random.ts';

const CLIENT_ID = 'kafka-hotpath';

function batchOf(length: number): Batch {
  const fate = { count: 1 } as unknown as BatchFate;
  return new Batch({ bytes: Buffer.alloc(length), fate, queuedBytes: 0, deadlineMs: 0, ordinal: 0 });
}

function written(request: FlightRequest, version: number): number {
  const body = encodeProduce(version, request.toProduce(60_000));
  const header = { apiKey: 0, version, correlationId: 2 ** 31 - 1, clientId: CLIENT_ID };
  return encodeRequestHeader(header, body.length).length + body.length;
}

describe('the size of a Produce request', () => {
  it('is told before it is written, from above and closely', () => {
    const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000);
    console.log(`TEST_SEED=${seed}`);
    const random = new Random(seed);
    for (let round = 0; round < 200; round++) {
      const request = new FlightRequest(1);
      const topics = Array.from({ length: 1 + random.below(20) }, (_, i) => `${i}`.padEnd(1 + random.below(249), 't'));
      const partitions = random.pick([1, 3, 200]);
      for (const topic of topics) {
        for (let partition = 0; partition < partitions; partition++) {
          const batch = batchOf(random.below(random.pick([2, 200, 20_000])));
          const queue = new PartitionQueue(topic, partition);
          const before = request.bytes;
          const fits = request.hasRoom(queue, batch.bytes.length, 1_000_000);
          assert.equal(fits, request.entries.length === 0 || before + needed(request, queue, batch) <= 1_000_000);
          if (fits) request.add(queue, batch);
        }
      }
      for (let version = CLIENT_VERSIONS.Produce.min; version <= CLIENT_VERSIONS.Produce.max; version++) {
        const bytes = written(request, version);
        assert.ok(bytes <= request.bytes, `version ${version}: ${bytes} bytes, told ${request.bytes}`);
        const slack = 128 + 12 * topics.length + 8 * request.entries.length;
        assert.ok(request.bytes - bytes <= slack, `version ${version}: ${bytes} bytes, told ${request.bytes}`);
      }
    }
  });

  it('is in an error only where it may be the reason', () => {
    const small = new FlightRequest(1);
    const large = new FlightRequest(1);
    large.add(new PartitionQueue('orders', 0), batchOf(1_000_000));
    const lost = new TransportError('lost', { mayBeWritten: true });
    assert.equal(small.explain(lost), lost);
    assert.match(large.explain(lost).message, /^lost; the request had 100\d{4} bytes/);
    assert.deepEqual([large.explain(lost).mayBeWritten, large.explain(lost).code], [true, 'ERR_TRANSPORT']);
    for (const other of [
      new TransportError('refused', { mayBeWritten: true, fatal: true }),
      new TransportError('no connection', { mayBeWritten: false }),
    ]) {
      assert.equal(large.explain(other), other);
    }
  });
});

/** What the request grows by, measured on one that takes everything. */
function needed(request: FlightRequest, queue: PartitionQueue, batch: Batch): number {
  const copy = new FlightRequest(1);
  for (const entry of request.entries.slice(-1)) copy.add(entry.queue, entry.batch);
  const isNew = request.entries.every((entry) => entry.queue.topic !== queue.topic);
  const before = copy.bytes;
  copy.add(isNew ? queue : new PartitionQueue(request.entries.at(-1)!.queue.topic, queue.partition), batch);
  return copy.bytes - before;
}
