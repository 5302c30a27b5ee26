/**
 * `npm run drills -- [--messages N] [--rate N] [--rows TEXT]`: the drills on three real nodes in their long form, with
 * 500 000 messages of each producer, 10 000 a second. --rows takes a regular expression for the rows' names (F08|F09).
 * Where network namespaces may be made (root), the cuts are made on a real network as well.
 */
import { parseArgs } from 'node:util';
import { whyNoNetwork } from '../test/support/kafka/node-network.ts';

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
const reason = whyNoNetwork();
if (reason !== undefined) console.log(`skipped: cuts of a real network; those by proxies remain (${reason})`);
process.env['KAFKA_HOTPATH_DRILL_NAMESPACES'] = String(reason === undefined);
process.argv.splice(2, Infinity, 'test/kafka-cluster');
await import('./test-kafka.ts');
