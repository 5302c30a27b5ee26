/** The broker as a cloud's: where it closes connections, and where it does not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startBroker } from '../../src/broker/index.ts';
import { ApiKey } from '../../src/protocol/api-keys.ts';
import { encodeRequestHeader } from '../../src/protocol/frame.ts';
import { encodeMetadata } from '../../src/protocol/metadata.ts';
import { RawClient } from './raw-client.ts';
import { withBroker } from './with-broker.ts';

const METADATA = encodeMetadata(9, { topics: ['t'], allowAutoTopicCreation: false });
/** Beside the body of a raw client's request; the length prefix does not count itself. */
const HEADER = { apiKey: ApiKey.Metadata, version: 9, correlationId: 1, clientId: 'raw' };
const HEADER_BYTES = encodeRequestHeader(HEADER, 0).length - 4;

describe('the profile azureEventHubs', () => {
  it('takes a request of 1 046 528 bytes and closes on one more', async () => {
    const log: string[] = [];
    await withBroker({ profile: 'azureEventHubs', log: (line) => log.push(line) }, async (broker, client) => {
      const sized = (bytes: number): Buffer => Buffer.alloc(bytes - HEADER_BYTES);
      // No Metadata request, but the size is looked at first: what is refused for its content gets that far.
      client.send('Metadata', 9, METADATA);
      await client.receive();
      client.send('Metadata', 9, Buffer.concat([METADATA, sized(1_046_529 - METADATA.length)]));
      await client.ended();
      assert.match(log.join('\n'), /claims 1046529 bytes, of 0 to 1046528/);
      const other = await RawClient.open(broker.address);
      other.send('Metadata', 9, sized(1_046_528));
      await other.ended();
      assert.equal(log.length, 2);
      assert.doesNotMatch(log[1]!, /claims/);
    });
  });

  it('closes a connection at 240 s of silence, by its own clock', async () => {
    let nowMs = 1_000_000;
    await withBroker({ profile: 'azureEventHubs', now: () => nowMs }, async ({ control }, client) => {
      client.send('Metadata', 9, METADATA);
      await client.receive();
      nowMs += 239_999;
      assert.equal(control.closeIdleConnections(), 0);
      client.send('Metadata', 9, METADATA);
      await client.receive();
      nowMs += 239_999;
      assert.equal(control.closeIdleConnections(), 0);
      nowMs += 1;
      assert.equal(control.closeIdleConnections(), 1);
      await client.ended();
    });
  });

  it('answers no request that comes after too long a silence', async () => {
    let nowMs = 1_000_000;
    await withBroker({ profile: 'azureEventHubs', now: () => nowMs }, async (_, client) => {
      nowMs += 240_000;
      client.send('Metadata', 9, METADATA);
      await client.ended();
    });
  });

  it('gives way to what is said beside it', async () => {
    let nowMs = 0;
    const options = { profile: 'azureEventHubs', connectionsMaxIdleMs: 10, now: () => nowMs } as const;
    await withBroker(options, async ({ control }, client) => {
      nowMs = 10;
      assert.equal(control.closeIdleConnections(), 1);
      await client.ended();
    });
  });

  it('is one of a few', async () => {
    const profile = 'eventHubs' as 'azureEventHubs';
    await assert.rejects(
      startBroker({ profile }),
      /profile is "eventHubs", allowed are azureEventHubs, confluentCloud/,
    );
  });
});

describe('a broker without a profile', () => {
  it('closes nothing for its size or silence', async () => {
    let nowMs = 0;
    await withBroker({ now: () => nowMs }, async ({ control }, client) => {
      nowMs = 86_400_000;
      assert.equal(control.closeIdleConnections(), 0);
      client.send('Metadata', 9, METADATA);
      await client.receive();
    });
  });

  it('tells the name that clients are to come by', async () => {
    const broker = await startBroker({ advertisedHost: 'shop.example' });
    try {
      assert.match(broker.address, /^127\.0\.0\.1:\d+$/);
      const client = await RawClient.open(broker.address);
      client.send('Metadata', 9, METADATA);
      assert.ok((await client.receive()).body.includes('shop.example'));
      client.close();
    } finally {
      await broker.close();
    }
  });
});
