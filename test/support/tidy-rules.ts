/** Who may import whom and who may touch what (design §3): the tables that test/tidy.test.ts enforces. */

/**
 * The room of a source file: its folder under src, or the file's own name when it lies in src itself.
 * Undefined outside src and assembly.
 */
export function roomOf(path: string): string | undefined {
  if (path.startsWith('assembly/')) return 'assembly';
  return /^src\/([^/]+?)(\/|\.ts$)/.exec(path)?.[1];
}

const EVERY_ROOM = /^src\//;

/** What each room may use besides itself: a whole room, or the files that match. */
export const ALLOWED_FOLDERS: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  assembly: [],
  errors: [],
  protocol: ['errors'],
  avro: ['errors'],
  engine: ['protocol', 'avro', 'errors'],
  formats: ['engine', 'avro', 'errors'],
  http: [],
  transport: ['protocol', 'http', 'errors'],
  registry: ['http', /^src\/transport\/auth\//, 'errors'],
  producer: ['engine', 'transport', 'protocol', 'errors'],
  binding: ['producer', 'engine', 'transport', 'formats', 'registry', 'avro', 'errors'],
  broker: ['protocol', 'errors'],
  serve: ['binding', 'producer', 'errors'],
  'azure-functions': ['binding', 'producer', 'errors'],
  host: ['azure-functions', 'binding', 'errors'],
  cli: [EVERY_ROOM],
  index: [EVERY_ROOM],
};

export interface PackageRule {
  name: string;
  /** The files that may import it. */
  home: RegExp;
}

/** Packages with one home, so that each can be replaced or examined in one place. */
export const PACKAGE_RULES: readonly PackageRule[] = [
  { name: 'kafkajs', home: /^src\/transport\/kafkajs[^/]*\.ts$/ },
  { name: '@bufbuild/protobuf', home: /^src\/formats\/protobuf-[^/]*\.ts$/ },
  { name: 'avsc', home: /^src\/avro\// },
  { name: '@assemblyscript/loader', home: /^src\/engine\/wasm\// },
  { name: 'commander', home: /^src\/cli\// },
];

export interface CallRule {
  applies: RegExp;
  except: RegExp;
  /** Globals, or members of globals. */
  names: readonly string[];
  why: string;
}

const NOWHERE = /^$/;

export const CALL_RULES: readonly CallRule[] = [
  {
    applies: /^src\/producer\//,
    except: /^src\/producer\/clock\.ts$/,
    names: ['Date', 'Math.random', 'performance', 'process.hrtime', 'setTimeout', 'setInterval', 'setImmediate'],
    why: 'time and chance are handed to the producer, so that a simulation can drive it',
  },
  {
    applies: /^src\//,
    except: /^src\/(cli\/|engine\/select\.ts$|binding\/settings\.ts$)/,
    names: ['process.env'],
    why: 'the environment is read in select.ts, settings.ts and the command line only',
  },
  { applies: /^src\//, except: NOWHERE, names: ['console'], why: 'a library writes nothing by itself' },
  {
    applies: /^src\//,
    except: /^src\/engine\/wasm\//,
    names: ['WebAssembly'],
    why: 'only src/engine/wasm/ knows WebAssembly',
  },
];

/** R1 to R18 and R11b of reliability §1.4. */
export const SENDER_RULES: readonly string[] = [...Array.from({ length: 18 }, (_, i) => `R${i + 1}`), 'R11b'];
