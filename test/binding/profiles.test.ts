import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveConfig } from '../../src/binding/config.ts';

const base = { brokerList: 'localhost:9092', topic: 'orders' };

describe('profile durable', () => {
  it('changes the defaults of what is not written', () => {
    const { producer } = resolveConfig(base, {}, { profile: 'durable' });
    assert.equal(producer.enableIdempotence, true);
    assert.equal(producer.maxRetries, 2_147_483_647);
    assert.equal(producer.requestTimeoutMs, 30_000);
    assert.equal(producer.messageTimeoutMs, 300_000);
    assert.equal(producer.lingerMs, 5);
  });

  it('gives way to what is written', () => {
    const { producer } = resolveConfig(
      { ...base, maxRetries: 7, requestTimeoutMs: '9000' },
      {},
      { profile: 'durable' },
    );
    assert.equal(producer.maxRetries, 7);
    assert.equal(producer.requestTimeoutMs, 9_000);
    assert.equal(producer.enableIdempotence, true);
  });

  it('is not the default, and no other name is known', () => {
    assert.equal(resolveConfig(base, {}).producer.maxRetries, 2);
    assert.throws(() => resolveConfig(base, {}, { profile: 'sturdy' as 'durable' }), /profile.*documented, durable/s);
  });
});
