/** `host`: runs a Functions app with Kafka outputs on this machine. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { readSettingsFile } from '../binding/json-files.ts';
import type { LogEntry } from '../host/index.ts';
import type { EngineChoice } from '../engine/select.ts';
import { EXIT, type Finish } from './exit.ts';
import { addEngineOption, addTerminalOptions, integerOption } from './options.ts';
import { StopSignal } from './stop-signal.ts';
import { LineWriter, Notices, type TerminalOptions } from './terminal.ts';

interface HostCommandOptions extends TerminalOptions {
  readonly app: string;
  readonly port: number;
  readonly settings?: string;
  readonly engine?: EngineChoice;
  readonly partialFailure: 'fail' | 'warn';
}

/** The port that people know from Azure's own tools. */
const PORT = 7071;
const SETTINGS_FILE = 'local.settings.json';

export function hostCommand(finish: Finish): Command {
  const command = new Command('host')
    .description('run a Functions app with Kafka outputs; its address is the first line of standard output')
    .requiredOption('--app <folder>', 'the folder with host.json and package.json')
    .option('--port <port>', 'port on the loopback address; 0 is any free one', integerOption(0, 65_535), PORT)
    .option('--settings <file>', 'local.settings.json, by default that of the app; the environment comes first')
    .addOption(
      new Option('--partial-failure <what>', 'what becomes of an invocation that has lost some of its messages')
        .choices(['fail', 'warn'])
        .default('fail'),
    );
  return addTerminalOptions(addEngineOption(command)).action(async (options: HostCommandOptions) => {
    await runHost(options);
    finish(EXIT.ok);
  });
}

/** Runs until a signal. */
async function runHost(options: HostCommandOptions): Promise<void> {
  const stop = new StopSignal();
  const notices = new Notices(options);
  const app = resolve(options.app);
  addSettings(options.settings ?? join(app, SETTINGS_FILE), options.settings !== undefined);
  const { startHost } = await import('../host/index.ts');
  const host = await startHost({
    app,
    port: options.port,
    partialFailure: options.partialFailure,
    ...(options.engine === undefined ? {} : { engine: options.engine }),
    onLog: (entry) => {
      logTo(notices, entry);
    },
  });
  const writer = new LineWriter(process.stdout);
  const { address, functions } = host;
  if (options.json === true) writer.writeJson({ address, functions });
  else writer.write(address);
  for (const { name, trigger, detail } of functions) notices.say(`${name}: ${trigger} ${detail}`.trimEnd());
  notices.say('for development and for running apps yourself; function keys are not checked; SIGTERM ends it');
  await stop.requested;
  await host.close();
  stop.dispose();
}

/** As Azure's tools do: the app finds its settings in the environment, where those that are there already stay. */
function addSettings(file: string, isWanted: boolean): void {
  if (!isWanted && !existsSync(file)) return;
  for (const [name, value] of Object.entries(readSettingsFile(file))) {
    if (typeof value === 'object' && value !== null) continue;
    process.env[name] ??= String(value);
  }
}

function logTo(notices: Notices, { level, message, functionName }: LogEntry): void {
  const line = `${level}: ${functionName === undefined ? '' : `${functionName}: `}${message}`;
  if (level === 'trace' || level === 'debug') notices.detail(line);
  else notices.say(line);
}
