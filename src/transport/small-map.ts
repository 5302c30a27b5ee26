/**
 * A map for a handful of entries that come and go. V8 copies the table of a Map again and again as entries leave it,
 * and an old table keeps the next one, with all that is in it: once a table has grown old, every entry there ever was
 * lives until a full collection. A list leaves nothing behind, and among a handful looking for a key is no slower.
 */
export class SmallMap<K, V> {
  readonly #keys: K[] = [];
  readonly #values: V[] = [];

  get size(): number {
    return this.#keys.length;
  }

  has(key: K): boolean {
    return this.#keys.includes(key);
  }

  get(key: K): V | undefined {
    return this.#values[this.#keys.indexOf(key)];
  }

  set(key: K, value: V): this {
    const at = this.#keys.indexOf(key);
    if (at >= 0) this.#values[at] = value;
    else {
      this.#keys.push(key);
      this.#values.push(value);
    }
    return this;
  }

  delete(key: K): boolean {
    const at = this.#keys.indexOf(key);
    if (at < 0) return false;
    this.#keys.splice(at, 1);
    this.#values.splice(at, 1);
    return true;
  }

  clear(): void {
    this.#keys.length = 0;
    this.#values.length = 0;
  }

  /** Of the entries at the time of the call, as visits may take some out. */
  forEach(visit: (value: V, key: K) => void): void {
    const keys = [...this.#keys];
    for (const [at, value] of [...this.#values].entries()) visit(value, keys[at] as K);
  }

  /** In the order they were set. */
  keys(): IterableIterator<K> {
    return this.#keys.values();
  }

  values(): IterableIterator<V> {
    return this.#values.values();
  }
}
