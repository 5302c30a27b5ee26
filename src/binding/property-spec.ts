/** What is known about one property of the binding. The rows are in properties.ts. */

export type PropertyKind = 'text' | 'integer' | 'boolean' | 'choice';

/** What a property can be once it is understood. */
export type PropertyValue = string | number | boolean;

/** One value of a property that takes a word out of a few. */
export interface Choice {
  readonly name: string;
  /** The number of the extension's enum, accepted in its place. */
  readonly number?: number;
  /** The word librdkafka uses for it. */
  readonly librdkafka?: string;
}

export interface PropertySpec {
  /** As function.json spells it; any letter case, `_` and `-` are accepted. */
  readonly name: string;
  readonly kind: PropertyKind;
  /** The value in force when the property is absent; undefined when there is none. */
  readonly default: PropertyValue | undefined;
  readonly required?: true;
  /** Smallest and largest integer. */
  readonly min?: number;
  readonly max?: number;
  readonly unit?: string;
  readonly choices?: readonly Choice[];
  /** Never printed, neither the value nor a part of it. */
  readonly secret?: true;
  /** %NAME% is replaced, and the whole text is looked up among the settings. */
  readonly resolves?: true;
  /** The name of the same thing in librdkafka. */
  readonly librdkafka?: string;
  /** Accepted and without effect, and why. */
  readonly ignored?: string;
  /** The version of the Azure extension that brought it, for those that came after the first. */
  readonly since?: string;
  /** One sentence for tables and help. */
  readonly doc: string;
}
