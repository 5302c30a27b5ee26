/** `serve`: the sidecar, an output binding behind HTTP. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import type { KafkaOutput } from '../binding/output-api.ts';
import { KafkaHotpathError } from '../errors.ts';
import type { Sidecar, SidecarEnd, SidecarOptions } from '../serve/index.ts';
import { EXIT, type Finish, UsageError } from './exit.ts';
import { openOutput } from './open-output.ts';
import { addBindingOptions, addEngineOption, addPayloadOptions, addTerminalOptions } from './options.ts';
import { type BindingOptions, type EngineOptions, integerOption } from './options.ts';
import type { PayloadOptions } from './options.ts';
import { StopSignal } from './stop-signal.ts';
import { LineWriter, Notices } from './terminal.ts';

interface ServeOptions extends BindingOptions, EngineOptions, PayloadOptions {
  readonly host: string;
  readonly port: number;
  readonly tokenFile?: string;
  readonly maxBodyBytes: number;
  readonly maxLineBytes: number;
  readonly maxPendingMessages: number;
  readonly maxPendingBytes: number;
  readonly flushTimeoutMs: number;
}

const PORT = 8082;
const MEBIBYTE = 1024 * 1024;
/** Arguments are for everybody on the machine to see, so a token is never one. */
const TOKEN_VARIABLE = 'KAFKA_HOTPATH_SERVE_TOKEN';

export function serveCommand(finish: Finish): Command {
  const command = new Command('serve').description(
    'serve the binding over HTTP; the address is the first line of standard output',
  );
  const bytes = integerOption(1, 512 * MEBIBYTE);
  addPayloadOptions(addEngineOption(addBindingOptions(command)))
    .option('--port <port>', 'port to listen on; 0 is any free one', integerOption(0, 65_535), PORT)
    .option('--host <address>', 'address to listen on; beyond loopback a token is needed', '127.0.0.1')
    .option('--token-file <file>', `the bearer token that requests must bring; or ${TOKEN_VARIABLE}`)
    .option('--max-body-bytes <bytes>', 'the largest body that is not a stream', bytes, 8 * MEBIBYTE)
    .option('--max-line-bytes <bytes>', 'the longest line or record of a stream', bytes, 8 * MEBIBYTE)
    .option('--max-pending-messages <count>', 'beyond which requests get 429', integerOption(1, 2 ** 31), 50_000)
    .option('--max-pending-bytes <bytes>', 'beyond which requests get 429', integerOption(1, 2 ** 40), 64 * MEBIBYTE)
    .option(
      '--flush-timeout-ms <ms>',
      'how long to answer what has come after SIGINT or SIGTERM; a second signal ends at once',
      integerOption(0, 2 ** 31 - 1),
      10_000,
    );
  return addTerminalOptions(command).action(async (options: ServeOptions) => {
    finish(await serve(options));
  });
}

async function serve(options: ServeOptions): Promise<number> {
  const notices = new Notices(options);
  const token = readToken(options.tokenFile);
  const stop = new StopSignal();
  const output = await openOutput(options, notices, stop);
  const sidecar = await listen(output, sidecarOptions(options, token));
  const writer = new LineWriter(process.stdout);
  if (options.json === true) writer.writeJson({ address: sidecar.address });
  else writer.write(sidecar.address);
  notices.say(`serving topic ${output.config.topic}; SIGINT or SIGTERM ends it`);
  await stop.requested;
  const end = await sidecar.close({ timeoutMs: options.flushTimeoutMs });
  stop.dispose();
  return exitCodeFor(end);
}

function sidecarOptions(options: ServeOptions, token: string | undefined): SidecarOptions {
  return {
    host: options.host,
    port: options.port,
    bodyBytesMax: options.maxBodyBytes,
    lineBytesMax: options.maxLineBytes,
    pendingMessagesMax: options.maxPendingMessages,
    pendingBytesMax: options.maxPendingBytes,
    ...(token === undefined ? {} : { token }),
  };
}

/** The file goes before the environment, which may be meant for others. */
function readToken(file: string | undefined): string | undefined {
  if (file === undefined) return process.env[TOKEN_VARIABLE];
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`--token-file ${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? ''}`);
  }
}

async function listen(output: KafkaOutput, options: SidecarOptions): Promise<Sidecar> {
  const { startSidecar } = await import('../serve/index.ts');
  try {
    return await startSidecar(output, options);
  } catch (error) {
    await output.close({ timeoutMs: 0 });
    // What the sidecar is told comes from the command line.
    if (error instanceof KafkaHotpathError && error.code === 'ERR_CONFIG') throw new UsageError(error.message);
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new UsageError(`cannot listen on ${options.host}:${options.port}: ${code}`);
  }
}

/** A signal is how a server ends, so it is a failure only when something had to be given up. */
function exitCodeFor({ notPersisted, possiblyPersisted }: SidecarEnd): number {
  if (possiblyPersisted > 0) return EXIT.possiblyPersisted;
  return notPersisted > 0 ? EXIT.failed : EXIT.ok;
}
