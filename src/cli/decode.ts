/** `decode`: Avro in as lines of hex, JSON out, a line each; what comes out, `encode` turns into the same bytes. */
import { Command } from 'commander';
import { toJsonText } from '../avro/json-text.ts';
import { addAvroOptions, type AvroOptions, convertLines, withoutFrame } from './avro-files.ts';
import { type Finish, InputError } from './exit.ts';
import { integerOption } from './options.ts';

interface DecodeOptions extends AvroOptions {
  /** True without a number. */
  readonly schemaId?: number | true;
}

const HEX = /^(?:[0-9a-fA-F]{2})*$/;
const INT32_MAX = 2 ** 31 - 1;

export function decodeCommand(finish: Finish): Command {
  const command = new Command('decode')
    .description('decode lines of hex as Avro, a line of JSON for each')
    .option(
      '--schema-id [id]',
      'values begin with 00 and the id of a schema (the Confluent wire format); with a number, that one',
      integerOption(0, INT32_MAX),
    );
  return addAvroOptions(command).action(async (options: DecodeOptions) => {
    const { schemaId } = options;
    const exitCode = await convertLines(options, (type, text, line) => {
      const digits = text.trim();
      if (!HEX.test(digits)) throw new InputError('is not hex: allowed are digits in pairs');
      const bytes = Buffer.from(digits, 'hex');
      const body = schemaId === undefined ? bytes : withoutFrame(bytes, schemaId === true ? undefined : schemaId);
      const json = toJsonText(type.decode(body));
      return options.json === true ? `{"line":${line},"value":${json}}` : json;
    });
    finish(exitCode);
  });
}
