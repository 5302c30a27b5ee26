/** Logical types: which goes with which base. What does not fit is ignored, as the specification wants, and told. */
import { type AvroNode, OP } from './schema.ts';
import { type Declared, ownString } from './schema-json.ts';

const BY_BASE: ReadonlyMap<number, Readonly<Record<string, number>>> = new Map([
  [OP.int, { date: OP.date, 'time-millis': OP.timeMillis }],
  [
    OP.long,
    {
      'time-micros': OP.timeMicros,
      'timestamp-millis': OP.timestampMillis,
      'timestamp-micros': OP.timestampMicros,
      'timestamp-nanos': OP.timestampNanos,
      'local-timestamp-millis': OP.localTimestampMillis,
      'local-timestamp-micros': OP.localTimestampMicros,
      'local-timestamp-nanos': OP.localTimestampNanos,
    },
  ],
  [OP.bytes, { decimal: OP.decimalBytes }],
  [OP.string, { uuid: OP.uuidString }],
  [OP.fixed, { decimal: OP.decimalFixed, uuid: OP.uuidFixed, duration: OP.duration }],
]);
const UUID_BYTES = 16;
const DURATION_BYTES = 12;
/** Digits beyond make every value slow; Java's decimal(38) is the widest in use. */
const PRECISION_MAX = 4096;

/** Turns the node into one of the logical type; a sentence when that cannot be. */
export function applyLogicalType(node: AvroNode, json: Declared): string | undefined {
  if (!Object.hasOwn(json, 'logicalType')) return undefined;
  const name = ownString(json, 'logicalType') ?? '';
  const op = Object.entries(BY_BASE.get(node.op) ?? {}).find(([known]) => known === name)?.[1];
  const why = op === undefined ? 'it does not exist for this type' : misfit(op, node, json);
  if (why !== undefined) return `the logical type ${JSON.stringify(name.slice(0, 64))} is ignored: ${why}`;
  if (op === OP.decimalBytes || op === OP.decimalFixed) {
    node.precision = json['precision'] as number;
    node.scale = (json['scale'] as number | undefined) ?? 0;
  }
  node.op = op ?? node.op;
  return undefined;
}

function misfit(op: number, node: AvroNode, json: Declared): string | undefined {
  if (op === OP.uuidFixed && node.size !== UUID_BYTES) return `it needs ${UUID_BYTES} bytes, not ${node.size}`;
  if (op === OP.duration && node.size !== DURATION_BYTES) return `it needs ${DURATION_BYTES} bytes, not ${node.size}`;
  if (op !== OP.decimalBytes && op !== OP.decimalFixed) return undefined;
  const { precision, scale = 0 } = json;
  if (typeof precision !== 'number' || !Number.isInteger(precision) || precision < 1 || precision > PRECISION_MAX) {
    return `its precision is a whole number from 1 to ${PRECISION_MAX}`;
  }
  if (typeof scale !== 'number' || !Number.isInteger(scale) || scale < 0 || scale > precision) {
    return 'its scale is a whole number from 0 to its precision';
  }
  if (op === OP.decimalBytes) return undefined;
  const digitsMax = Math.floor(Math.log10(2) * (8 * node.size - 1));
  return precision <= digitsMax ? undefined : `${node.size} bytes hold ${digitsMax} digits, not ${precision}`;
}
