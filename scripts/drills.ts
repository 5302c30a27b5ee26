/**
 * `npm run drills -- [--messages N] [--rate N] [--rows TEXT]`: the drills on three real nodes in their long form, with
 * 500 000 messages of each producer, 10 000 a second. --rows takes a regular expression for the rows' names (F08|F09).
 */
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '500000' },
    rate: { type: 'string', default: '10000' },
    rows: { type: 'string', default: '' },
  },
});
process.env['KAFKA_HOTPATH_DRILL_MESSAGES'] = values.messages;
process.env['KAFKA_HOTPATH_DRILL_RATE'] = values.rate;
process.env['KAFKA_HOTPATH_DRILL_ROWS'] = values.rows;
process.argv.splice(2, Infinity, 'test/kafka-cluster');
await import('./test-kafka.ts');
