/** A kafkajs that listens to its socket in a way the frame guard does not see must not go unnoticed. */
import assert from 'node:assert/strict';
import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { it } from 'node:test';
import { KafkaHotpathError } from '../../src/errors.ts';
import { ScriptedBroker } from './scripted-broker.ts';

interface SocketParts {
  socketFactory: (options: object) => EventEmitter;
  onData: (chunk: Buffer) => void;
  onEnd: () => void;
  onError: (error: Error) => void;
}

it('notices that bytes went round the frame guard', async () => {
  const require = createRequire(import.meta.url);
  const path = require.resolve('kafkajs/src/network/socket.js');
  require(path);
  // Before anything of kafkajs that keeps this function is loaded; each test file has a process of its own.
  require.cache[path]!.exports = ({ socketFactory, onData, onEnd, onError, ...rest }: SocketParts): EventEmitter =>
    socketFactory(rest).addListener('data', onData).addListener('end', onEnd).addListener('error', onError);
  const { createKafkajsTransport } = await import('../../src/transport/kafkajs.ts');

  const broker = await ScriptedBroker.start();
  const transport = createKafkajsTransport({ brokers: [broker.endpoint], clientId: 'x', requestTimeoutMs: 1000 });
  await assert.rejects(
    transport.connect(),
    (error) =>
      error instanceof KafkaHotpathError && error.code === 'ERR_SEAM' && error.message.includes('added by socket.on'),
  );
  await transport.close();
  await broker.close();
});
