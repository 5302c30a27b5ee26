import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { advanceSequence, EPOCH_MAX, PartitionSequence } from '../../src/producer/sequences.ts';

describe('sequence numbers', () => {
  it('wrap as in Kafka: three after 2147483646 comes 1', () => {
    // reliability §1.3: DefaultRecordBatch.incrementSequence(2147483646, 3) = 1.
    assert.equal(advanceSequence(2_147_483_646, 3), 1);
    assert.equal(advanceSequence(2_147_483_647, 1), 0);
  });

  it('are taken without a hole, and start at 0 only with a new epoch or producer id', () => {
    const numbering = new PartitionSequence();
    assert.equal(numbering.follows({ producerId: 7n, producerEpoch: 0 }), false);
    numbering.adopt({ producerId: 7n, producerEpoch: 3 });
    assert.deepEqual([numbering.take(5), numbering.take(2), numbering.next], [0, 5, 7]);
    assert.equal(numbering.bump(), true);
    assert.deepEqual([numbering.producerId, numbering.epoch, numbering.next], [7n, 4, 0]);
    numbering.adopt({ producerId: 8n, producerEpoch: EPOCH_MAX });
    assert.equal(numbering.bump(), false);
    assert.equal(numbering.follows({ producerId: 7n, producerEpoch: 0 }), false);
  });
});
