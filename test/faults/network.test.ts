/** Faults of the network between the producer and the broker, by a proxy that knows where frames begin. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { gate, row, turn } from './drill.ts';

const PROXIED = { proxied: true, properties: { maxRetries: 2_147_483_647 } } as const;
const REQUEST_DEADLINE_MS = 5_000 + 10_000;

row('F04 connection accepted and closed before a byte is written', { ...PROXIED, connect: false }, async (drill) => {
  const [proxy] = drill.proxies;
  let refused = 0;
  proxy!.onConnection = (client: Socket) => {
    if (refused >= 3) return false;
    refused += 1;
    client.destroy();
    return true;
  };
  await drill.sendWell(2);
  assert.equal(refused, 3);
  assert.equal(drill.written.length, 1);
});

row('F05 request cut at every byte', PROXIED, async (drill) => {
  const [proxy] = drill.proxies;
  let at = 0;
  let length = Infinity;
  let isArmed = false;
  proxy!.onRequest = (frame, api) => {
    if (api !== 'Produce' || !isArmed) return undefined;
    isArmed = false;
    length = frame.length;
    return { bytes: frame.subarray(0, at), cut: true };
  };
  for (; at < length; at++) {
    isArmed = true;
    const [sent] = await drill.sendWell();
    assert.equal(drill.copies(sent!), 1, `cut after ${at} bytes`);
  }
  assert.ok(length > 100);
});

row('F06 reply cut at every byte', PROXIED, async (drill) => {
  const [proxy] = drill.proxies;
  let at = 0;
  let length = Infinity;
  let isArmed = false;
  proxy!.onReply = (frame, api) => {
    if (api !== 'Produce' || !isArmed) return undefined;
    isArmed = false;
    length = frame.length;
    return { bytes: frame.subarray(0, at), cut: true };
  };
  for (; at < length; at++) {
    isArmed = true;
    const [sent] = await drill.sendWell();
    assert.equal(drill.copies(sent!), drill.idempotent ? 1 : 2, `cut after ${at} bytes`);
  }
  assert.ok(length > 40);
});

row('F07 single bytes, and many replies at once', { ...PROXIED, partitions: 2, connect: false }, async (drill) => {
  const [proxy] = drill.proxies;
  proxy!.chunkBytes = 1;
  await drill.sendWell(3);
  proxy!.chunkBytes = Infinity;
  proxy!.hold('replies');
  const first = drill.sendWell(2, { partition: 0 });
  await drill.broker.control.waitFor(() => drill.written.length === 2);
  const second = drill.sendWell(2, { partition: 1 });
  await drill.broker.control.waitFor(() => drill.written.length === 3);
  proxy!.release();
  await Promise.all([first, second]);
});

row('F14 network cut between the producer and the leader only', PROXIED, async (drill) => {
  await drill.sendWell();
  const [proxy] = drill.proxies;
  proxy!.hold('requests', 'replies');
  const sending = drill.sendWell(3);
  await turn();
  drill.clock.skip(REQUEST_DEADLINE_MS);
  await turn();
  proxy!.release();
  await sending;
});

row('F16 requests pass, replies are lost', PROXIED, async (drill) => {
  await drill.sendWell();
  const [proxy] = drill.proxies;
  proxy!.hold('replies');
  const sending = drill.sendWell(3);
  await drill.broker.control.waitFor(() => drill.written.length === 2);
  const lost = drill.broker.connections;
  drill.clock.skip(REQUEST_DEADLINE_MS);
  await drill.broker.control.waitFor(() => drill.broker.connections !== lost);
  proxy!.release();
  const [sent] = await sending;
  assert.equal(drill.copies(sent!), drill.idempotent ? 1 : 2);
});

row('F17 slow and uneven network', { ...PROXIED, partitions: 2 }, async (drill) => {
  const [proxy] = drill.proxies;
  let chunks = 0;
  proxy!.delayMs = () => (chunks++ * 7) % 20;
  proxy!.chunkBytes = 50;
  const sending = [];
  for (let i = 0; i < 20; i++) sending.push(drill.sendWell(3, { partition: i % 2 }));
  await Promise.all(sending);
  assert.ok(chunks > 0);
});

row('F44 connection closed while a request is written', PROXIED, async (drill) => {
  await drill.sendWell();
  const [proxy] = drill.proxies;
  const cut = gate();
  proxy!.onRequest = (_frame, api) => {
    if (api !== 'Produce') return undefined;
    proxy!.onRequest = undefined;
    cut.open();
    return { bytes: Buffer.alloc(0), cut: true };
  };
  const sending = drill.sendWell(5);
  await cut.opened;
  await sending;
});
