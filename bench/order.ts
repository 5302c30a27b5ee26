/** The record of eight mixed fields that both Avro benchmarks encode. */

export const ORDER_SCHEMA = {
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'customer', type: 'string' },
    { name: 'amount', type: 'double' },
    { name: 'count', type: 'int' },
    { name: 'paid', type: 'boolean' },
    { name: 'note', type: ['null', 'string'], default: null },
    { name: 'at', type: 'long' },
    { name: 'currency', type: { type: 'enum', name: 'Currency', symbols: ['EUR', 'USD'] } },
  ],
};

export interface Order {
  id: number;
  customer: string;
  amount: number;
  count: number;
  paid: boolean;
  note: string | null;
  at: number;
  currency: string;
}

export function orderAt(index: number, customer: string, note: string | null): Order {
  return {
    id: 1e9 + index,
    customer,
    amount: index * 1.25,
    count: index % 50,
    paid: index % 2 === 0,
    note,
    at: 1_700_000_000_000 + index,
    currency: index % 2 === 0 ? 'EUR' : 'USD',
  };
}
