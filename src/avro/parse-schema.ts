/**
 * Avro schema JSON → checked schema. A parser of our own, because avsc compiles its types with `new Function` and
 * cannot even be loaded where code generation from strings is forbidden.
 */
import { KafkaHotpathError } from '../errors.ts';
import { fillDefaults } from './defaults.ts';
import { describe, listed, pathStep } from './fault.ts';
import { refuseInfinite } from './finite.ts';
import { applyLogicalType } from './logical-type.ts';
import { type Declared, fullNameOf, isName, LongText, ownString, parseSchemaJson } from './schema-json.ts';
import {
  NULL_FIRST,
  NULL_LAST,
  AvroField,
  AvroNode,
  type AvroOptions,
  type AvroSchema,
  NAME_CHARACTERS_MAX,
  OP,
  SCHEMA_DEPTH_MAX,
  SCHEMA_PARTS_MAX,
} from './schema.ts';

const PRIMITIVES: ReadonlyMap<string, number> = new Map(
  (['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const).map((name) => [name, OP[name]]),
);
const COMPLEX = ['record', 'error', 'enum', 'array', 'map', 'fixed'];
/** What typeof says of the values of types that every such value is of. */
const SOLE_TYPES: Readonly<Record<number, string>> = {
  [OP.boolean]: 'boolean',
  [OP.float]: 'number',
  [OP.double]: 'number',
  [OP.string]: 'string',
};
/** Types that the walk writes where it meets them, null in their place too; an enum's text may mean neither. */
const NULLABLE_IN_PLACE: ReadonlySet<number> = new Set([OP.boolean, OP.int, OP.long, OP.double, OP.string]);
const FIXED_BYTES_MAX = 2 ** 31 - 1;

/** @param schema JSON text, or what JSON.parse made of it */
export function parseSchema(schema: unknown, options: AvroOptions = {}): AvroSchema {
  const { text, json } = parseSchemaJson(schema);
  const parser = new Parser(options);
  const root = parser.parse(json, '', 0, '$');
  // A logical type changes the op of a type that is known already.
  for (const record of parser.records) record.fieldOps = Uint8Array.from(record.fields, ({ node }) => fieldOp(node));
  refuseInfinite(parser.named, parser.paths);
  fillDefaults(parser.records, parser.paths);
  return { root, text, warnings: parser.warnings };
}

/** What the walk looks at before it looks at the type: see AvroNode.fieldOps. */
function fieldOp({ op, branches, nullBranch, soleBranch }: AvroNode): number {
  // Of both the walk writes only the numbers in place.
  if (op === OP.timestampMillis) return OP.long;
  const other = branches[soleBranch];
  if (other === undefined) return op;
  const otherOp = fieldOp(other);
  return NULLABLE_IN_PLACE.has(otherOp) ? otherOp | (nullBranch === 0 ? NULL_FIRST : NULL_LAST) : op;
}

class Parser {
  readonly named = new Map<string, AvroNode>();
  readonly records: AvroNode[] = [];
  readonly paths = new Map<AvroNode, string>();
  readonly warnings: string[] = [];
  readonly #isStrict: boolean;
  #parts = 0;

  constructor({ strict = false }: AvroOptions) {
    this.#isStrict = strict;
  }

  parse(json: unknown, namespace: string, depth: number, path: string): AvroNode {
    this.#count(path);
    if (depth > SCHEMA_DEPTH_MAX) {
      throw refused(path, `more than ${SCHEMA_DEPTH_MAX} levels inside each other`, `${SCHEMA_DEPTH_MAX} levels`);
    }
    if (typeof json === 'string') return this.#reference(json, namespace, path);
    if (Array.isArray(json)) return this.#union(json, namespace, depth, path);
    if (typeof json !== 'object' || json === null) {
      throw refused(path, describe(json), 'a type name, an object with "type", or an array of types (a union)');
    }
    const declared = json as Declared;
    const type = Object.hasOwn(declared, 'type') ? declared['type'] : undefined;
    if (typeof type === 'object' && type !== null) return this.parse(type, namespace, depth + 1, `${path}.type`);
    if (typeof type !== 'string') {
      throw refused(`${path}.type`, describe(type), 'the name of a type');
    }
    const node = this.#declare(type, declared, namespace, depth, path);
    // A reference is somebody else's type: what stands beside it cannot change that one.
    const warning = type === 'fixed' || !this.named.has(node.name) ? applyLogicalType(node, declared) : undefined;
    if (warning !== undefined) this.warnings.push(`${path}: ${warning}`);
    return node;
  }

  #declare(type: string, json: Declared, namespace: string, depth: number, path: string): AvroNode {
    switch (type) {
      case 'record':
      case 'error':
        return this.#record(json, namespace, depth, path);
      case 'enum':
        return this.#enum(json, namespace, path);
      case 'fixed':
        return this.#fixed(json, namespace, path);
      case 'array':
      case 'map': {
        const member = type === 'array' ? 'items' : 'values';
        const node = new AvroNode(OP[type], type);
        if (!Object.hasOwn(json, member)) throw refused(`${path}.${member}`, describe(undefined), 'a schema');
        node.items = this.parse(json[member], namespace, depth + 1, `${path}.${member}`);
        return node;
      }
      default:
        return this.#reference(type, namespace, `${path}.type`);
    }
  }

  #reference(name: string, namespace: string, path: string): AvroNode {
    const primitive = PRIMITIVES.get(name);
    if (primitive !== undefined) return new AvroNode(primitive, name);
    const fullName = name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
    const node = this.named.get(fullName);
    if (node !== undefined) return node;
    const known = [...PRIMITIVES.keys(), ...COMPLEX, ...this.named.keys()];
    throw refused(
      path,
      `the type ${JSON.stringify(fullName.slice(0, 256))}, which is not defined before`,
      listed(known),
    );
  }

  #union(json: readonly unknown[], namespace: string, depth: number, path: string): AvroNode {
    if (json.length === 0) throw refused(path, 'a union without branches', 'at least one branch');
    const node = new AvroNode(OP.union, 'union');
    const tags = new Map<string, number>();
    const branches = json.map((branchJson, index) => {
      const at = `${path}[${index}]`;
      if (Array.isArray(branchJson)) throw refused(at, 'a union inside a union', 'any other type');
      const branch = this.parse(branchJson, namespace, depth + 1, at);
      if (branch.op === OP.union) throw refused(at, 'a union inside a union', 'any other type');
      if (tags.has(branch.name)) throw refused(at, `a second branch ${branch.name}`, 'each type once');
      tags.set(branch.name, index);
      if (branch.op === OP.null) node.nullBranch = index;
      return branch;
    });
    node.branches = branches;
    if (branches.length === 2 && node.nullBranch >= 0) {
      node.soleBranch = 1 - node.nullBranch;
      node.soleType = SOLE_TYPES[(branches[node.soleBranch] as AvroNode).op] ?? '';
    }
    node.tags = withShortTags(tags);
    return node;
  }

  #record(json: Declared, namespace: string, depth: number, path: string): AvroNode {
    const node = this.#named(OP.record, json, namespace, path);
    node.isStrict = this.#isStrict;
    const inner = node.name.slice(0, Math.max(node.name.lastIndexOf('.'), 0));
    const list = Object.hasOwn(json, 'fields') ? json['fields'] : undefined;
    if (!Array.isArray(list)) throw refused(`${path}.fields`, describe(list), 'an array of fields');
    const fieldIndex = new Map<string, number>();
    const fields = list.map((field: unknown, index) => {
      const at = `${path}.fields[${index}]`;
      if (typeof field !== 'object' || field === null)
        throw refused(at, describe(field), 'an object with name and type');
      const declared = field as Declared;
      const name = ownString(declared, 'name');
      if (name === undefined || !isName(name)) throw badName(`${at}.name`, declared['name']);
      if (fieldIndex.has(name)) throw refused(at, `a second field ${name}`, 'each name once');
      fieldIndex.set(name, index);
      if (!Object.hasOwn(declared, 'type')) throw refused(`${at}.type`, describe(undefined), 'a schema');
      const type = this.parse(declared['type'], inner, depth + 1, `${path}.fields${pathStep(name)}.type`);
      return new AvroField(
        name,
        type,
        Object.hasOwn(declared, 'default') ? LongText.of(declared['default']) : undefined,
      );
    });
    node.fields = fields;
    node.ownNames = fields.map(({ name, isInheritedName }) => (isInheritedName ? undefined : name));
    node.fieldIndex = fieldIndex;
    this.records.push(node);
    return node;
  }

  #enum(json: Declared, namespace: string, path: string): AvroNode {
    const node = this.#named(OP.enum, json, namespace, path);
    const list = Object.hasOwn(json, 'symbols') ? json['symbols'] : undefined;
    if (!Array.isArray(list) || list.length === 0) {
      throw refused(`${path}.symbols`, describe(list), 'an array of at least one symbol');
    }
    const symbolIndex = new Map<string, number>();
    for (const [index, symbol] of list.entries()) {
      const at = `${path}.symbols[${index}]`;
      this.#count(at);
      if (typeof symbol !== 'string' || !isName(symbol)) throw badName(at, symbol);
      if (symbolIndex.has(symbol)) throw refused(at, `a second symbol ${symbol}`, 'each symbol once');
      symbolIndex.set(symbol, index);
    }
    node.symbols = [...symbolIndex.keys()];
    node.symbolIndex = symbolIndex;
    const fallback = Object.hasOwn(json, 'default') ? json['default'] : undefined;
    if (fallback !== undefined && !(typeof fallback === 'string' && symbolIndex.has(fallback))) {
      throw refused(`${path}.default`, describe(fallback), listed(node.symbols));
    }
    return node;
  }

  #fixed(json: Declared, namespace: string, path: string): AvroNode {
    const node = this.#named(OP.fixed, json, namespace, path);
    const size = Object.hasOwn(json, 'size') ? json['size'] : undefined;
    if (typeof size !== 'number' || !Number.isInteger(size) || size < 0 || size > FIXED_BYTES_MAX) {
      throw refused(`${path}.size`, describe(size), `a whole number from 0 to ${FIXED_BYTES_MAX}`);
    }
    node.size = size;
    return node;
  }

  /** A node that can be referred to from here on, even from inside itself. */
  #named(op: number, json: Declared, namespace: string, path: string): AvroNode {
    const fullName = fullNameOf(json, namespace);
    if (fullName === undefined) throw badName(`${path}.name`, json['name']);
    if (PRIMITIVES.has(fullName) || this.named.has(fullName)) {
      throw refused(`${path}.name`, `a second definition of ${fullName}`, 'each name once');
    }
    const node = new AvroNode(op, fullName);
    this.named.set(fullName, node);
    this.paths.set(node, path);
    return node;
  }

  #count(path: string): void {
    this.#parts += 1;
    if (this.#parts > SCHEMA_PARTS_MAX) {
      throw refused(path, `more than ${SCHEMA_PARTS_MAX} types and symbols`, `${SCHEMA_PARTS_MAX} of them`);
    }
  }
}

/** Full names, and those last parts of them that name one branch only. */
function withShortTags(tags: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const all = new Map(tags);
  const seen = new Set<string>();
  for (const [name, index] of tags) {
    const short = name.slice(name.lastIndexOf('.') + 1);
    if (short === name) continue;
    if (seen.has(short)) all.delete(short);
    else if (!tags.has(short)) all.set(short, index);
    seen.add(short);
  }
  return all;
}

function badName(path: string, got: unknown): KafkaHotpathError {
  const shown = typeof got === 'string' ? JSON.stringify(got.slice(0, 64)) : describe(got);
  return refused(
    path,
    shown,
    `a name of letters, digits and _, at most ${NAME_CHARACTERS_MAX}, that does not begin with a digit`,
  );
}

function refused(path: string, got: string, allowed: string): KafkaHotpathError {
  return new KafkaHotpathError('ERR_AVRO_SCHEMA', `Avro schema ${path}: got ${got}; allowed: ${allowed}`);
}
