/** Where the fields of the records that are open have been written: a stack of frames, one for each record. */

const START_WORDS = 256;
const NOT_SET = -1;

export class SpanStack {
  #words = new Int32Array(START_WORDS);
  #top = 0;

  clear(): void {
    this.#top = 0;
  }

  /** A frame for so many fields, none of them set. */
  push(fields: number): number {
    const base = this.#top;
    const end = base + fields * 2;
    if (end > this.#words.length) {
      const larger = new Int32Array(Math.max(end, this.#words.length * 2));
      larger.set(this.#words);
      this.#words = larger;
    }
    for (let word = base; word < end; word += 2) this.#words[word] = NOT_SET;
    this.#top = end;
    return base;
  }

  pop(base: number): void {
    this.#top = base;
  }

  set(base: number, field: number, from: number, to: number): void {
    this.#words[base + field * 2] = from;
    this.#words[base + field * 2 + 1] = to;
  }

  isSet(base: number, field: number): boolean {
    return this.#words[base + field * 2] !== NOT_SET;
  }

  get(base: number, field: number): { from: number; to: number } {
    return { from: this.#words[base + field * 2] as number, to: this.#words[base + field * 2 + 1] as number };
  }
}
