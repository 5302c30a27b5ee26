/**
 * What @azure/functions expects of the worker it runs in: the module `@azure/functions-core`, which exists nowhere but
 * inside a worker. The names and shapes are that module's.
 */

/** A value on its way between host and function; exactly one of the fields is there. */
export interface TypedData {
  string?: string;
  json?: string;
  bytes?: Uint8Array;
  int?: number;
  double?: number;
  http?: HttpData;
}

export interface HttpData {
  method?: string;
  url?: string;
  headers?: Record<string, string>;
  params?: Record<string, string>;
  body?: TypedData | null;
  statusCode?: string;
  cookies?: HttpCookie[];
}

export interface HttpCookie {
  name: string;
  value: string;
  domain?: { value?: string };
  path?: { value?: string };
  expires?: { value?: { seconds?: number } };
  secure?: { value?: boolean };
  httpOnly?: { value?: boolean };
  sameSite?: number | string;
  maxAge?: { value?: number };
}

export type BindingInfo = Readonly<Record<string, unknown>>;

export interface FunctionMetadata {
  readonly name: string;
  readonly bindings: Readonly<Record<string, BindingInfo>>;
  /** The folder of a function that has one. */
  readonly directory?: string;
  /** The retry policy, as the function has it. */
  readonly retryOptions?: unknown;
}

/** What a function with a retry policy learns of the attempts before. */
export interface RetryContext {
  /** 0 for the first attempt. */
  readonly retryCount: number;
  /** −1: without end. */
  readonly maxRetryCount: number;
  /** Of the attempt before. */
  readonly exception?: { readonly message: string; readonly stackTrace?: string };
}

export interface InvocationRequest {
  readonly invocationId: string;
  readonly inputData: readonly { readonly name: string; readonly data: TypedData }[];
  readonly triggerMetadata: Readonly<Record<string, TypedData>>;
  readonly retryContext?: RetryContext;
}

export interface CoreInvocationContext {
  readonly invocationId: string;
  readonly metadata: FunctionMetadata;
  readonly request: InvocationRequest;
  state: 'invocation' | 'preInvocationHooks' | 'postInvocationHooks';
  log(level: string, category: string, message: string): void;
}

export interface InvocationResponse {
  readonly returnValue?: TypedData | null;
  readonly outputData?: readonly { readonly name: string; readonly data: TypedData }[];
}

export type FunctionCallback = (...inputs: unknown[]) => unknown;

export interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], handler: FunctionCallback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<InvocationResponse>;
}

export interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(context: CoreInvocationContext): InvocationModel;
  getCapabilities?(capabilities: Record<string, string>): Promise<Record<string, string>>;
}

export type HookCallback = (context: Record<string, unknown>) => unknown;

/** What the worker hands to @azure/functions. */
export interface CoreApi {
  readonly version: string;
  readonly hostVersion: string;
  readonly Disposable: typeof Registration;
  registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): Registration;
  registerHook(name: string, callback: HookCallback): Registration;
  setProgrammingModel(model: ProgrammingModel): void;
  getProgrammingModel(): ProgrammingModel | undefined;
  log(level: string, category: string, message: string): void;
}

export class Registration {
  readonly #onDispose: () => void;

  constructor(onDispose: () => void) {
    this.#onDispose = onDispose;
  }

  dispose(): void {
    this.#onDispose();
  }
}
