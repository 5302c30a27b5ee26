/** Logical types of the walk; apart from timestamps in milliseconds they are rare, and none is cheap. */
import type { ByteWriter } from './byte-writer.ts';
import { checkUnscaled, toTwosComplement, toUnscaled } from './decimal.ts';
import { wrongValue } from './fault.ts';
import { type AvroNode, OP } from './schema.ts';
import { isIntTemporal, toTemporal } from './temporal.ts';
import { toDurationBytes, toUuidBytes, toUuidText } from './uuid.ts';

export function walkLogical(node: AvroNode, value: unknown, writer: ByteWriter): void {
  switch (node.op) {
    case OP.decimalBytes:
      writer.bytes(decimalBytes(node, value));
      return;
    case OP.decimalFixed:
      writer.raw(decimalBytes(node, value));
      return;
    case OP.uuidString:
      writer.text(toUuidText(value));
      return;
    case OP.uuidFixed:
      writer.raw(toUuidBytes(value));
      return;
    case OP.duration:
      writer.raw(toDurationBytes(value));
      return;
    default: {
      const units = toTemporal(value, node);
      if (isIntTemporal(node.op)) writer.int(Number(units));
      else if (typeof units === 'number') writer.long(units);
      else writer.bigLong(units);
    }
  }
}

/** Bytes are written as they are, with as many as there are. */
function decimalBytes(node: AvroNode, value: unknown): Uint8Array {
  const size = node.op === OP.decimalFixed ? node.size : undefined;
  if (value instanceof Uint8Array) {
    if (size !== undefined && value.length !== size) throw wrongValue(value, `${size} bytes`);
    checkUnscaled(value, node);
    return value;
  }
  return toTwosComplement(toUnscaled(value, node), size);
}
