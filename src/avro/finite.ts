/** Finds types that no finite value can have: a record that contains itself, with no way to end. */
import { KafkaHotpathError } from '../errors.ts';
import { type AvroNode, OP } from './schema.ts';

export function refuseInfinite(named: ReadonlyMap<string, AvroNode>, paths: ReadonlyMap<AvroNode, string>): void {
  const records = [...named.values()].filter(({ op }) => op === OP.record);
  const finite = new Set<AvroNode>();
  // Every round proves at least one record more, or was the last; a worst case of n rounds takes a chain of n records.
  let before = -1;
  while (finite.size > before) {
    before = finite.size;
    for (const record of records) {
      if (!finite.has(record) && record.fields.every(({ node }) => hasValue(node, finite))) finite.add(record);
    }
  }
  const infinite = records.find((record) => !finite.has(record));
  if (infinite === undefined) return;
  const where = paths.get(infinite) ?? '$';
  const message = `the record ${infinite.name} contains itself and has no finite value; make the way back nullable`;
  throw new KafkaHotpathError('ERR_AVRO_SCHEMA', `Avro schema ${where}: ${message}`);
}

/** Arrays and maps can be empty, a union needs one branch that ends. */
function hasValue(node: AvroNode, finite: ReadonlySet<AvroNode>): boolean {
  if (node.op === OP.record) return finite.has(node);
  if (node.op === OP.union) return node.branches.some((branch) => hasValue(branch, finite));
  return true;
}
