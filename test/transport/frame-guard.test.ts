/** The frame guard: every bad length of reliability B71–B73, under every way of cutting the stream into chunks. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TransportError } from '../../src/errors.ts';
import { FRAME_BYTES_MAX, FRAME_BYTES_MAX_BEFORE_AUTHENTICATION, FrameGuard } from '../../src/transport/frame-guard.ts';

function frame(bodyBytes: number): Buffer {
  const bytes = Buffer.alloc(4 + bodyBytes, 0xab);
  bytes.writeInt32BE(bodyBytes, 0);
  return bytes;
}

function prefix(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(length, 0);
  return bytes;
}

/** Feeds the stream in chunks of that size and returns how many bytes were let through. */
function feed(guard: FrameGuard, stream: Buffer, chunkBytes: number): number {
  let passed = 0;
  for (let at = 0; at < stream.length; at += chunkBytes) passed += guard.scan(stream.subarray(at, at + chunkBytes));
  return passed;
}

const CHUNK_SIZES = [1, 2, 3, 4, 5, 7, 64, 1_000_000];

describe('frame guard', () => {
  it('lets every good stream through untouched, however it is cut', () => {
    const stream = Buffer.concat([4, 5, 1000, 4, 70_000, 8].map(frame));
    for (const chunkBytes of CHUNK_SIZES) {
      const guard = new FrameGuard('b:1');
      assert.equal(feed(guard, stream, chunkBytes), stream.length);
      assert.equal(guard.fault, undefined);
      assert.equal(guard.frameCount, 6);
    }
  });

  for (const length of [-(2 ** 31), -100, -4, -1, 0, 2, 3, 2 ** 31 - 1, FRAME_BYTES_MAX + 1]) {
    it(`refuses the length ${length}, and passes on what came before it`, () => {
      const good = Buffer.concat([frame(10), frame(20)]);
      const stream = Buffer.concat([good, prefix(length), Buffer.alloc(50)]);
      for (const chunkBytes of CHUNK_SIZES) {
        const guard = new FrameGuard('broker-1:9092');
        guard.frameBytesMax = FRAME_BYTES_MAX;
        const passed = feed(guard, stream, chunkBytes);
        // Up to three bytes of the bad prefix may have gone on before it was complete; kafkajs does nothing with them.
        assert.ok(passed >= good.length && passed <= good.length + 3, `${passed} bytes passed`);
        assert.ok(guard.fault instanceof TransportError);
        assert.equal(guard.fault.code, 'ERR_PROTOCOL');
        assert.match(guard.fault.message, /^broker-1:9092 .*frame length/);
        assert.ok(guard.fault.message.includes(`frame length ${length}, allowed 4 to 104857600`));
        assert.equal(guard.frameCount, 2);
      }
    });
  }

  it('stays shut after a fault', () => {
    const guard = new FrameGuard('b:1');
    guard.scan(prefix(-1));
    const fault = guard.fault;
    assert.equal(guard.scan(frame(10)), 0);
    assert.equal(guard.fault, fault);
  });

  it('allows 1 MB before authentication and 100 MB after it', () => {
    const before = new FrameGuard('b:1');
    before.scan(prefix(FRAME_BYTES_MAX_BEFORE_AUTHENTICATION));
    assert.equal(before.fault, undefined);
    const above = new FrameGuard('b:1');
    above.scan(prefix(FRAME_BYTES_MAX_BEFORE_AUTHENTICATION + 1));
    assert.match(above.fault?.message ?? '', /1048577, allowed 4 to 1048576/);
    const after = new FrameGuard('b:1');
    after.frameBytesMax = FRAME_BYTES_MAX;
    after.scan(prefix(FRAME_BYTES_MAX));
    assert.equal(after.fault, undefined);
  });

  it('tells an HTTP port from a TLS port', () => {
    for (const chunkBytes of CHUNK_SIZES) {
      const http = new FrameGuard('b:80');
      feed(http, Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), chunkBytes);
      assert.match(http.fault?.message ?? '', /is this port HTTP/);
      const tls = new FrameGuard('b:9093');
      feed(tls, Buffer.from([0x15, 3, 3, 0, 2, 2, 70]), chunkBytes);
      assert.match(tls.fault?.message ?? '', /does this port want TLS/);
    }
  });

  it('says nothing about bytes it does not recognise', () => {
    const guard = new FrameGuard('b:1');
    guard.scan(prefix(-5));
    assert.match(guard.fault?.message ?? '', /1048576\.$/);
  });
});
