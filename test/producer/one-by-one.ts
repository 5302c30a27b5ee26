/** A send whose batch loses its first record again and again, as when a broker names one invalid record at a time. */
import { KafkaHotpathError } from '../../src/errors.ts';
import type { DeliveryReports } from '../../src/producer/api.ts';
import { Delivery } from '../../src/producer/delivery.ts';
import { BatchFate, FateLedger } from '../../src/producer/fates.ts';

/** All but the last two messages fail; these two have the offsets 100 and 101. */
export function divideOneByOne(count: number): Promise<DeliveryReports> {
  const ledger = new FateLedger();
  const error = new KafkaHotpathError('ERR_BROKER', 'invalid');
  const delivery = new Delivery('orders', count, ledger, { pendingCount: 0, onEmpty: undefined }, 0);
  let fate = new BatchFate(ledger, 0);
  for (let index = 0; index < count; index++) delivery.join(index, fate);
  for (let left = count; left > 2; left--) {
    const [dropped, rest] = fate.divide(ledger, (position) => position === 0);
    dropped.fail('notPersisted', error);
    fate = rest;
  }
  fate.persist(100, -1, 0);
  return delivery.promise;
}
