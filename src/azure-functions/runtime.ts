/**
 * What this package uses of the Functions runtime, by shape: both programming models fit, and whoever has neither can
 * still load and type-check this module.
 */

/** A binding as function.json and @azure/functions describe it. */
export type BindingProperties = Readonly<Record<string, unknown>>;

/** The context of @azure/functions 4, as far as outputs go. */
export interface InvocationContextLike {
  readonly functionName: string;
  readonly extraOutputs: {
    get(output: string): unknown;
    set(output: string | { name: string }, value: unknown): void;
  };
  readonly options: {
    readonly return?: BindingProperties | undefined;
    readonly extraOutputs?: readonly BindingProperties[] | undefined;
  };
  warn(...words: unknown[]): void;
}

export interface PreInvocationLike {
  readonly invocationContext: InvocationContextLike;
}

export interface PostInvocationLike extends PreInvocationLike {
  result: unknown;
  error: unknown;
}

/** The `app` of @azure/functions 4. */
export interface FunctionsApp {
  readonly hook: {
    preInvocation(handler: (context: PreInvocationLike) => void): unknown;
    postInvocation(handler: (context: PostInvocationLike) => Promise<void>): unknown;
    appTerminate(handler: () => Promise<void>): unknown;
  };
}

/** The context of the v3 model, where a function sets `context.bindings.name`. */
export interface V3ContextLike {
  readonly bindings: Record<string, unknown>;
  readonly executionContext?: { readonly functionName?: string; readonly functionDirectory?: string };
  readonly log?: { warn?(...words: unknown[]): void };
  res?: unknown;
  done?: (error?: unknown, result?: unknown) => void;
}

/** The name that both models give to the binding of the returned value. */
export const RETURN_NAME = '$return';

export function isKafkaOutput(binding: BindingProperties): boolean {
  const { type, direction } = binding;
  if (typeof type !== 'string' || !/^kafka(output)?$/i.test(type)) return false;
  return typeof direction !== 'string' || direction.toLowerCase() === 'out';
}
