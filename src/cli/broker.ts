/** `broker`: the embedded broker, for trying things out. */
import { Command, InvalidArgumentError } from 'commander';
import type { TopicOptions } from '../broker/index.ts';
import { KafkaHotpathError } from '../errors.ts';
import { EXIT, type Finish, UsageError } from './exit.ts';
import { addTerminalOptions, integerOption } from './options.ts';
import { StopSignal } from './stop-signal.ts';
import { LineWriter, Notices, type TerminalOptions } from './terminal.ts';

interface BrokerOptions extends TerminalOptions {
  readonly port: number;
  readonly topic: readonly TopicOptions[];
}

export function brokerCommand(finish: Finish): Command {
  const command = new Command('broker')
    .description('run the embedded broker; its address is the first line of standard output')
    .option('--port <port>', 'port on the loopback address; 0 is any free one', integerOption(0, 65_535), 0)
    .option(
      '--topic <name:partitions>',
      'a topic to start with; may be repeated; without any, topics are created when asked for',
      addTopic,
      [],
    );
  return addTerminalOptions(command).action(async (options: BrokerOptions) => {
    await runBroker(options);
    finish(EXIT.ok);
  });
}

function addTopic(text: string, topics: readonly TopicOptions[]): readonly TopicOptions[] {
  const match = /^([a-zA-Z0-9._-]{1,249})(?::(\d{1,6}))?$/.exec(text);
  const name = match?.[1];
  const partitions = Number(match?.[2] ?? 1);
  if (name === undefined || name === '.' || name === '..' || partitions < 1) {
    throw new InvalidArgumentError('allowed: name:partitions, as orders:3');
  }
  if (topics.some((topic) => topic.name === name)) throw new InvalidArgumentError(`${name} is given twice`);
  return [...topics, { name, partitions }];
}

/** Runs until a signal, or until nobody reads standard output any more. */
async function runBroker(options: BrokerOptions): Promise<void> {
  const stop = new StopSignal();
  const notices = new Notices(options);
  const { startBroker } = await import('../broker/index.ts');
  const broker = await startBroker({
    port: options.port,
    topics: options.topic,
    autoCreateTopics: options.topic.length === 0,
    log: (line) => {
      notices.detail(line);
    },
  }).catch((error: unknown) => {
    // What the broker is told comes from the command line.
    if (error instanceof KafkaHotpathError && error.code === 'ERR_CONFIG') throw new UsageError(error.message);
    throw error;
  });
  const writer = new LineWriter(process.stdout);
  if (options.json === true) writer.writeJson({ address: broker.address });
  else writer.write(broker.address);
  notices.say('in memory only; SIGINT or SIGTERM ends it');
  await stop.requested;
  stop.dispose();
  await broker.close();
}
