#!/usr/bin/env node
/** The command line: finds the command, runs it, and turns how it ended into an exit code. */
import { Command } from 'commander';
import { benchCommand } from './bench.ts';
import { brokerCommand } from './broker.ts';
import { checkCommand } from './check.ts';
import { decodeCommand } from './decode.ts';
import { encodeCommand } from './encode.ts';
import { describeError, exitCodeOf, type Finish } from './exit.ts';
import { frameCommand } from './frame.ts';
import { hostCommand } from './host.ts';
import { inspectCommand } from './inspect.ts';
import { produceCommand } from './produce.ts';
import { serveCommand } from './serve.ts';
import { withoutValue } from './unknown-option.ts';
import { packageVersion } from './version.ts';

const EXIT_CODES = `
Exit codes: 0 all delivered · 1 some message failed · 2 usage · 3 configuration or schema error
            4 cannot connect or authenticate · 5 possibly persisted · 130 interrupted`;

const COMMANDS = [
  produceCommand,
  checkCommand,
  encodeCommand,
  decodeCommand,
  frameCommand,
  inspectCommand,
  brokerCommand,
  benchCommand,
  serveCommand,
  hostCommand,
];

const OUTPUT = {
  outputError: (text: string, write: (shown: string) => void): void => {
    write(withoutValue(text));
  },
};

function program(finish: Finish): Command {
  const root = new Command('kafka-hotpath')
    .description('Sends messages to Kafka through an output binding, and shows what it does')
    .version(packageVersion())
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput(OUTPUT)
    .addHelpText('after', EXIT_CODES);
  for (const command of COMMANDS) {
    root.addCommand(command(finish).exitOverride().showSuggestionAfterError().configureOutput(OUTPUT));
  }
  return root;
}

async function run(): Promise<void> {
  // Nobody reading our words is no reason to end.
  process.stderr.on('error', () => undefined);
  try {
    await program((exitCode) => {
      process.exitCode = exitCode;
    }).parseAsync();
  } catch (error) {
    const description = describeError(error);
    if (description !== undefined) process.stderr.write(`kafka-hotpath: ${description}\n`);
    process.exitCode = exitCodeOf(error);
  }
}

void run();
