/**
 * Where a Protobuf message lies in its schema, as Confluent's wire format says it between the id and the bytes:
 *
 *     MessageIndexes => count index{count}, or 0 for the first message of the schema
 *       count, index => zigzag varint
 *
 * Readers count in the schema that the registry has under the id. Declared messages count there, in their order. The
 * entries of a map count only where that schema declares them as messages of their own: Java's serializer writes such
 * texts when it registers by itself, Python's registers the descriptor, which has them, too; a .proto file has not.
 */
import type { DescMessage } from '@bufbuild/protobuf';
import type { DescriptorProto } from '@bufbuild/protobuf/wkt';
import type { ProtobufPackage } from './protobuf-package.ts';

interface Declared {
  readonly name: string;
  readonly nested: Declared[];
}

interface DeclaredFile {
  readonly package: string;
  readonly messages: readonly Declared[];
}

/** By the descriptor set alone: as in the .proto file, which has no entries of maps. */
export function ownIndexes(message: DescMessage): Uint8Array {
  const indexes: number[] = [];
  for (let one: DescMessage | undefined = message; one !== undefined; one = one.parent) {
    indexes.unshift((one.parent?.nestedMessages ?? one.file.messages).indexOf(one));
  }
  return written(indexes);
}

/**
 * By the schema that the registry has; undefined when that has no such message.
 * @param schema text of a .proto file, or a FileDescriptorProto in base64
 */
export function indexesIn(schema: string, message: DescMessage, loaded: ProtobufPackage): Uint8Array | undefined {
  const file = /[{;]/.test(schema) ? declaredIn(schema) : described(schema, loaded);
  if (file?.package !== message.file.proto.package) return undefined;
  const names: string[] = [];
  for (let one: DescMessage | undefined = message; one !== undefined; one = one.parent) names.unshift(one.name);
  const indexes: number[] = [];
  let { messages } = file;
  for (const name of names) {
    const index = messages.findIndex((one) => one.name === name);
    const found = messages[index];
    if (found === undefined) return undefined;
    indexes.push(index);
    messages = found.nested;
  }
  return written(indexes);
}

function described(
  base64: string,
  { fromBinary, FileDescriptorProtoSchema }: ProtobufPackage,
): DeclaredFile | undefined {
  const declared = ({ name, nestedType }: DescriptorProto): Declared => ({ name, nested: nestedType.map(declared) });
  try {
    const file = fromBinary(FileDescriptorProtoSchema, Buffer.from(base64, 'base64'));
    return { package: file.package, messages: file.messageType.map(declared) };
  } catch {
    return undefined;
  }
}

/** Comments and texts are taken too, so that nothing in them counts. */
const TOKEN = /\/\/.*|\/\*[^]*?\*\/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[\w.]+|[{};]/g;

/** Only what declares messages is looked at; the registry has checked the rest when it took the text. */
function declaredIn(text: string): DeclaredFile {
  const messages: Declared[] = [];
  /** Lists that what comes next is declared in; undefined inside of what is no message. */
  const scopes: (Declared[] | undefined)[] = [messages];
  let ownPackage = '';
  let statement: string[] = [];
  for (const [token] of text.matchAll(TOKEN)) {
    if (/^[\w.]/.test(token)) {
      statement.push(token);
      continue;
    }
    if (!/^[{};]/.test(token)) continue;
    const [keyword, name = ''] = statement;
    statement = [];
    if (token === ';') {
      if (keyword === 'package') ownPackage = name;
    } else if (token === '}') {
      scopes.pop();
    } else {
      const scope = scopes.at(-1);
      const nested = keyword === 'message' && scope !== undefined ? [] : undefined;
      if (nested !== undefined) scope?.push({ name, nested });
      scopes.push(nested);
    }
  }
  return { package: ownPackage, messages };
}

function written(indexes: readonly number[]): Uint8Array {
  if (indexes.length === 1 && indexes[0] === 0) return Uint8Array.of(0);
  return Uint8Array.from([indexes.length, ...indexes].flatMap(zigzagVarint));
}

function zigzagVarint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value * 2;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}
