/**
 * A schema as one flat run of 32-bit words, which the WebAssembly module interprets; what stands where, assembly's
 * avro-layout.ts says. Addresses are bytes from the start of the program until it is placed somewhere.
 */
import { type AvroNode, OP } from './schema.ts';
import { isDecimal, mayTakeText } from './union-walk.ts';

/** Branches that the module leaves to the host. */
const UNDECIDED = -2;
const NONE = -1;

export interface AvroProgram {
  /** The program as it must be for this start address. */
  place(start: number): Uint8Array;
  readonly bytes: number;
}

export function compileProgram(root: AvroNode): AvroProgram {
  return new ProgramBuilder().build(root);
}

class ProgramBuilder {
  readonly #words: number[] = [];
  /** Words that hold addresses. */
  readonly #addresses: number[] = [];
  /** Names and defaults, which lie behind the words. */
  readonly #blobs: Uint8Array[] = [];
  #blobBytes = 0;
  /** Words whose address counts from the blobs. */
  readonly #blobAddresses: number[] = [];
  readonly #placed = new Map<AvroNode, number>();

  build(root: AvroNode): AvroProgram {
    this.#node(root);
    const words = this.#words;
    const blobStart = words.length * 4;
    for (const index of this.#blobAddresses) words[index] = (words[index] as number) + blobStart;
    const addresses = [...this.#addresses, ...this.#blobAddresses];
    const blobs = Buffer.concat(this.#blobs);
    return {
      bytes: blobStart + blobs.length,
      place: (start) => {
        const placed = Int32Array.from(words);
        for (const index of addresses) placed[index] = (placed[index] as number) + start;
        return Buffer.concat([Buffer.from(placed.buffer), blobs]);
      },
    };
  }

  /** Index of the node's first word; its own words are reserved before those of the nodes inside it. */
  #node(node: AvroNode): number {
    const known = this.#placed.get(node);
    if (known !== undefined) return known;
    const start = this.#words.length;
    this.#placed.set(node, start);
    this.#words.push(node.op);
    switch (node.op) {
      case OP.array:
      case OP.map:
        this.#words.push(0);
        this.#link(start + 1, node.items as AvroNode);
        break;
      case OP.fixed:
        this.#words.push(node.size);
        break;
      case OP.enum:
        this.#words.push(node.symbols.length);
        for (const symbol of node.symbols) this.#text(symbol);
        break;
      case OP.union:
        this.#union(node, start);
        break;
      case OP.record:
        this.#record(node, start);
        break;
      default:
    }
    return start;
  }

  #record(node: AvroNode, start: number): void {
    this.#words.push(node.fields.length, node.isStrict ? 1 : 0);
    for (const { name, defaultBytes } of node.fields) {
      this.#words.push(0);
      this.#key(name);
      if (defaultBytes === undefined) this.#words.push(0, 0);
      else this.#blob(defaultBytes, defaultBytes.length);
    }
    for (const [index, field] of node.fields.entries()) this.#link(start + 3 + index * 5, field.node);
  }

  #union(node: AvroNode, start: number): void {
    const { branches } = node;
    const tags = [...node.tags];
    const find = (test: (branch: AvroNode) => boolean): number => branches.findIndex(test);
    this.#words.push(tags.length, node.nullBranch);
    this.#words.push(
      find(({ op }) => op === OP.boolean),
      textBranch(node),
      find(({ op }) => op === OP.array),
    );
    this.#words.push(objectBranch(node), fractionBranch(node));
    const list = start + 10 + tags.length * 3;
    this.#addresses.push(this.#words.length);
    this.#words.push(list * 4, branches.length);
    for (const [tag, branch] of tags) {
      this.#text(tag);
      this.#words.push(branch);
    }
    this.#words.push(...branches.map(() => 0));
    for (const [index, branch] of branches.entries()) this.#link(list + index, branch);
  }

  #link(word: number, node: AvroNode): void {
    this.#words[word] = this.#node(node) * 4;
    this.#addresses.push(word);
  }

  /** Address and units of a name. */
  #text(text: string): void {
    this.#blob(Buffer.from(text, 'utf16le'), text.length);
  }

  /** The same, amid the units that a member begins with when nobody has added white space. */
  #key(name: string): void {
    this.#text(`"${name}":`);
    const words = this.#words;
    words[words.length - 2] = (words[words.length - 2] as number) + 2;
    words[words.length - 1] = name.length;
  }

  #blob(bytes: Uint8Array, length: number): void {
    this.#blobAddresses.push(this.#words.length);
    this.#words.push(this.#blobBytes, length);
    this.#blobs.push(bytes);
    this.#blobBytes += bytes.length;
  }
}

/**
 * A string branch takes any text, unless a branch before it takes some; where there is none, the only branch that takes
 * text of any kind.
 */
function textBranch({ branches }: AvroNode): number {
  const string = branches.findIndex(({ op }) => op === OP.string);
  if (string >= 0) return branches.slice(0, string).some(({ op }) => mayTakeText(op)) ? UNDECIDED : string;
  const takers = branches.flatMap(({ op }, index) => (mayTakeText(op) || isTextInJson(op) ? [index] : []));
  return takers.length > 1 ? UNDECIDED : (takers[0] ?? NONE);
}

/** Types whose values JSON may have as text although they are none. */
function isTextInJson(op: number): boolean {
  return op === OP.bytes || op === OP.fixed || op === OP.float || op === OP.double;
}

function objectBranch({ branches }: AvroNode): number {
  const takers = branches.flatMap((branch, index) =>
    branch.op === OP.record || branch.op === OP.map || branch.op === OP.duration || isDecimal(branch) ? [index] : [],
  );
  return takers.length > 1 ? UNDECIDED : (takers[0] ?? NONE);
}

function fractionBranch({ branches }: AvroNode): number {
  const double = branches.findIndex(({ op }) => op === OP.double);
  return double >= 0 ? double : branches.findIndex(({ op }) => op === OP.float);
}
