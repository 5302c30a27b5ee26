import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiKey, apiName, chooseVersion, isFlexible } from '../../src/protocol/api-keys.ts';
import { KafkaErrorCode, kafkaErrorName, kafkaErrorText } from '../../src/protocol/error-codes.ts';

describe('version choice', () => {
  it('takes the highest version both sides know', () => {
    assert.equal(chooseVersion('Produce', { min: 3, max: 13 }), 12);
    assert.equal(chooseVersion('Produce', { min: 0, max: 9 }), 9);
    assert.equal(chooseVersion('Metadata', { min: 0, max: 5 }), 5);
  });

  it('never believes the Produce minimum of 0 that Kafka 4 advertises', () => {
    assert.equal(chooseVersion('Produce', { min: 0, max: 2 }), undefined);
  });

  it('has no answer when the ranges do not meet', () => {
    assert.equal(chooseVersion('Produce', { min: 13, max: 14 }), undefined);
    assert.equal(chooseVersion('InitProducerId', { min: 3, max: 1 }), undefined);
  });

  it('stays within a range the caller narrows', () => {
    assert.equal(chooseVersion('Produce', { min: 0, max: 13 }, { min: 3, max: 8 }), 8);
  });
});

describe('api keys', () => {
  it('names every key and no other', () => {
    assert.equal(apiName(ApiKey.SaslAuthenticate), 'SaslAuthenticate');
    assert.equal(apiName(7), undefined);
  });

  it('knows where flexible versions begin', () => {
    assert.deepEqual([isFlexible('Produce', 8), isFlexible('Produce', 9)], [false, true]);
    assert.deepEqual([isFlexible('InitProducerId', 1), isFlexible('InitProducerId', 2)], [false, true]);
    assert.equal(isFlexible('SaslHandshake', 1), false);
  });
});

describe('error codes', () => {
  it('gives each named code the name the table has in that place', () => {
    for (const [name, code] of Object.entries(KafkaErrorCode)) assert.equal(kafkaErrorName(code), name);
  });

  it('knows codes from −1 to 133, each with a name of its own and a text', () => {
    const names = new Set<string>();
    for (let code = -1; code <= 133; code++) {
      names.add(kafkaErrorName(code));
      assert.match(kafkaErrorName(code), /^[A-Z_]+$/, `code ${code}`);
      assert.match(kafkaErrorText(code), /^[a-z]/, `code ${code}`);
    }
    assert.equal(names.size, 135);
  });

  it('matches well-known numbers at both ends', () => {
    const known = new Map([
      [-1, 'UNKNOWN_SERVER_ERROR'],
      [20, 'NOT_ENOUGH_REPLICAS_AFTER_APPEND'],
      [59, 'UNKNOWN_PRODUCER_ID'],
      [89, 'THROTTLING_QUOTA_EXCEEDED'],
      [100, 'UNKNOWN_TOPIC_ID'],
      [120, 'TRANSACTION_ABORTABLE'],
      [129, 'REBOOTSTRAP_REQUIRED'],
    ]);
    for (const [code, name] of known) assert.equal(kafkaErrorName(code), name);
  });

  it('says so when a code is newer than the table', () => {
    assert.equal(kafkaErrorName(32_767), 'UNKNOWN_ERROR_32767');
    assert.match(kafkaErrorText(-2), /does not know/);
  });
});
