/** `encode`: JSON values in, one per line, their Avro encoding out, one line of hex each. */
import { Command } from 'commander';
import { addAvroOptions, type AvroOptions, convertLines, frameOf } from './avro-files.ts';
import type { Finish } from './exit.ts';
import { integerOption } from './options.ts';

interface EncodeOptions extends AvroOptions {
  readonly schemaId?: number;
}

const INT32_MAX = 2 ** 31 - 1;

export function encodeCommand(finish: Finish): Command {
  const command = new Command('encode')
    .description('encode JSON values (plain, or Avro’s JSON form) as Avro; a line of hex for each line')
    .option(
      '--schema-id <id>',
      'begin each with 00 and this id (the Confluent wire format)',
      integerOption(0, INT32_MAX),
    );
  return addAvroOptions(command).action(async (options: EncodeOptions) => {
    const frame = options.schemaId === undefined ? '' : frameOf(options.schemaId).toString('hex');
    const exitCode = await convertLines(options, (type, text, line) => {
      if (text.trim() === '') return undefined;
      const hex = frame + Buffer.from(type.encodeJson(text)).toString('hex');
      return options.json === true ? JSON.stringify({ line, hex }) : hex;
    });
    finish(exitCode);
  });
}
