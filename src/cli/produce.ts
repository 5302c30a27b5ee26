/** `produce`: values in, one per line, a report out for each message. */
import { Command } from 'commander';
import type { KafkaOutput } from '../binding/output-api.ts';
import { EXIT, type Finish } from './exit.ts';
import { inputFailure, openInput } from './input.ts';
import { readLines } from './lines.ts';
import { openOutput } from './open-output.ts';
import { addBindingOptions, addEngineOption, addPayloadOptions, addTerminalOptions } from './options.ts';
import { type BindingOptions, type EngineOptions, integerOption } from './options.ts';
import type { PayloadOptions } from './options.ts';
import { ProduceRun } from './produce-run.ts';
import { Progress } from './progress.ts';
import { StopSignal } from './stop-signal.ts';
import { LineWriter, Notices } from './terminal.ts';

interface ProduceOptions extends BindingOptions, EngineOptions, PayloadOptions {
  readonly input?: string;
  readonly stopOnBadLine?: boolean;
  readonly maxLineBytes: number;
  readonly flushTimeoutMs: number;
}

/** A line may hold an array of many messages. */
const LINE_BYTES_MAX = 64 * 1024 * 1024;
const FLUSH_TIMEOUT_MS = 10_000;

export function produceCommand(finish: Finish): Command {
  const command = new Command('produce').description(
    'send values: each line of the input is one JSON value, what a function would set on the binding',
  );
  addPayloadOptions(addEngineOption(addBindingOptions(command)))
    .option('--input <file>', 'read from a file instead of standard input')
    .option('--stop-on-bad-line', 'end at the first line that is not JSON, instead of reporting it and going on')
    .option('--max-line-bytes <bytes>', 'the longest line', integerOption(1, 2 ** 30), LINE_BYTES_MAX)
    .option(
      '--flush-timeout-ms <ms>',
      'how long to wait for reports after SIGINT or SIGTERM; a second signal ends at once',
      integerOption(0, 2 ** 31 - 1),
      FLUSH_TIMEOUT_MS,
    );
  return addTerminalOptions(command).action(async (options: ProduceOptions) => {
    finish(await produce(options));
  });
}

async function produce(options: ProduceOptions): Promise<number> {
  const notices = new Notices(options);
  const input = openInput(options.input);
  const stop = new StopSignal();
  const output = await openOutput(options, notices, stop);
  try {
    return await pump(output, input, stop, options);
  } finally {
    stop.dispose();
    input.destroy();
  }
}

async function pump(
  output: KafkaOutput,
  input: NodeJS.ReadableStream & { destroy(): void },
  stop: StopSignal,
  options: ProduceOptions,
): Promise<number> {
  const writer = new LineWriter(process.stdout, () => {
    input.destroy();
  });
  const run = new ProduceRun(output, writer, options);
  const progress = options.quiet === true ? undefined : new Progress(process.stderr, () => run.counts);
  // Closing at once settles everything within the time given, so whoever waits for room or for reports goes on.
  const closing = stop.requested.then(() => {
    input.destroy();
    return output.close({ timeoutMs: options.flushTimeoutMs });
  });
  const shouldStop = (): boolean => stop.isRequested || writer.isClosed;
  try {
    await readInput(run, input, shouldStop, options);
    await run.settled();
    await (stop.isRequested ? closing : output.close({ timeoutMs: options.flushTimeoutMs }));
  } finally {
    progress?.stop();
  }
  run.summarize();
  await writer.end();
  return stop.isRequested ? EXIT.interrupted : run.exitCode;
}

async function readInput(
  run: ProduceRun,
  input: NodeJS.ReadableStream,
  shouldStop: () => boolean,
  options: ProduceOptions,
): Promise<void> {
  try {
    for await (const lines of readLines(input as never, options.maxLineBytes)) {
      if (shouldStop()) return;
      const isGoingOn = run.take(lines);
      if (!isGoingOn) return;
      await run.room();
    }
  } catch (error) {
    // A stream that was destroyed on purpose ends with an error of its own.
    if (shouldStop()) return;
    run.inputFailed();
    process.stderr.write(`kafka-hotpath: ${inputFailure(options.input, error).message}\n`);
  }
}
