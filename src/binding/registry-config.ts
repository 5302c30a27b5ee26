/** The schema registry that the properties name: its addresses, who asks, whom it trusts. */
import type { SubjectStrategy } from '../registry/subject.ts';
import type { ConfigProblem } from './config-error.ts';
import type { PropertyReading } from './property-reading.ts';
import { describeGot, Secret } from './secret.ts';
import type { Settings } from './settings.ts';
import { type TlsMaterial, TlsReader } from './tls-material.ts';

export interface RegistryConfig {
  readonly urls: readonly string[];
  readonly basic: { readonly username: string; readonly password: Secret } | undefined;
  readonly token: Secret | undefined;
  readonly tlsMaterial: TlsMaterial | undefined;
  readonly autoRegister: boolean;
  readonly subjectNameStrategy: SubjectStrategy;
  readonly timeoutMs: number;
  /** Rounds over all addresses after the first; the client's own default when left out. */
  readonly retries?: number;
}

export interface RegistryContext {
  readonly settings: Settings;
  readonly folder: string | undefined;
  readonly nowMs: number;
}

export interface RegistryReading {
  readonly config: RegistryConfig | undefined;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
}

/** Every property that needs schemaRegistryUrl. */
const OTHERS = [
  'schemaRegistryUsername',
  'schemaRegistryPassword',
  'schemaRegistryToken',
  'schemaRegistryAutoRegister',
  'schemaRegistrySubjectNameStrategy',
  'schemaRegistryTimeoutMs',
  'schemaRegistryCertificateLocation',
  'schemaRegistryKeyLocation',
  'schemaRegistryKeyPassword',
  'schemaRegistryCertificatePEM',
  'schemaRegistryKeyPEM',
] as const;

/** The registry's certificates are read and checked as those of the brokers, under other names. */
const TLS_NAMES: readonly (readonly [string, string])[] = [
  ['sslCaLocation', 'httpsCaLocation'],
  ['sslCaPEM', 'httpsCaPem'],
  ['sslCertificateLocation', 'schemaRegistryCertificateLocation'],
  ['sslKeyLocation', 'schemaRegistryKeyLocation'],
  ['sslKeyPassword', 'schemaRegistryKeyPassword'],
  ['sslCertificatePEM', 'schemaRegistryCertificatePEM'],
  ['sslKeyPEM', 'schemaRegistryKeyPEM'],
];

export function readRegistry(reading: PropertyReading, context: RegistryContext): RegistryReading {
  const problems: ConfigProblem[] = [];
  const warnings: string[] = [];
  const value = (name: string): string | undefined => {
    const found = reading.faulty.has(name) ? undefined : reading.values.get(name)?.value;
    return found === undefined ? undefined : String(found);
  };
  const isSet = (name: string): boolean => reading.values.get(name)?.set === true;
  if (!isSet('schemaRegistryUrl')) {
    for (const name of OTHERS) {
      if (isSet(name)) warnings.push(`${name}: is not used, because there is no schemaRegistryUrl`);
    }
    return { config: undefined, problems, warnings };
  }
  const refuse = (property: string, code: ConfigProblem['code'], what: string): void => {
    problems.push({ property, code, message: `${property}: ${what}` });
  };
  const urls = readUrls(value('schemaRegistryUrl') ?? '', (what) => {
    refuse('schemaRegistryUrl', 'format', what);
  });
  const [username, password, token] = ['Username', 'Password', 'Token'].map((name) => value(`schemaRegistry${name}`));
  if ((username === undefined) !== (password === undefined)) {
    const missing = username === undefined ? 'schemaRegistryUsername' : 'schemaRegistryPassword';
    if (!reading.faulty.has(missing)) refuse(missing, 'missing', 'is missing; username and password go together');
  }
  if (token !== undefined && username !== undefined) {
    refuse('schemaRegistryToken', 'conflict', 'does not go with schemaRegistryUsername; keep one way to log in');
  }
  if ((token !== undefined || password !== undefined) && urls.some((url) => isOpenAndRemote(url))) {
    warnings.push('schemaRegistryUrl: is http, so credentials travel unencrypted; prefer https');
  }
  const tls = readRegistryTls(reading, context);
  problems.push(...tls.problems);
  warnings.push(...tls.warnings);
  const config = Object.freeze({
    urls: Object.freeze(urls),
    basic:
      username === undefined || password === undefined
        ? undefined
        : Object.freeze({ username, password: new Secret(password) }),
    token: token === undefined ? undefined : new Secret(token),
    tlsMaterial: tls.material,
    autoRegister: value('schemaRegistryAutoRegister') === 'true',
    subjectNameStrategy: (value('schemaRegistrySubjectNameStrategy') ?? 'TopicName') as SubjectStrategy,
    timeoutMs: Number(value('schemaRegistryTimeoutMs') ?? 10_000),
  });
  return { config, problems, warnings };
}

/** Without a scheme it is http, as in Confluent's client. */
function readUrls(text: string, refuse: (what: string) => void): string[] {
  const urls: string[] = [];
  for (const part of text.split(',').map((one) => one.trim())) {
    if (part === '') continue;
    const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(part) ? part : `http://${part}`;
    const url = URL.canParse(address) ? new URL(address) : undefined;
    const got = `got ${describeGot(part, { secret: false })}`;
    if (url === undefined || !/^https?:$/.test(url.protocol)) refuse(`${got}; allowed: http:// or https:// addresses`);
    else if (url.username !== '' || url.password !== '') {
      refuse('has credentials in it; they belong in schemaRegistryUsername and schemaRegistryPassword');
    } else if (url.search !== '' || url.hash !== '') refuse(`${got}; allowed: addresses without ? and #`);
    else urls.push(url.href);
  }
  if (urls.length === 0 && text.replace(/[\s,]/g, '') === '') refuse('names no address; allowed: http:// or https://');
  return urls;
}

function isOpenAndRemote(text: string): boolean {
  const { protocol, hostname } = new URL(text);
  return protocol === 'http:' && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname);
}

function readRegistryTls(
  reading: PropertyReading,
  context: RegistryContext,
): { material: TlsMaterial | undefined; problems: ConfigProblem[]; warnings: string[] } {
  const values = new Map<string, NonNullable<ReturnType<PropertyReading['values']['get']>>>();
  const faulty = new Set<string>();
  for (const [name, own] of TLS_NAMES) {
    const found = reading.values.get(own);
    if (found !== undefined) values.set(name, found);
    if (reading.faulty.has(own)) faulty.add(name);
  }
  const reader = new TlsReader({ ...reading, values, faulty }, context);
  const material = reader.read();
  const renamed = (text: string): string =>
    TLS_NAMES.reduce((changed, [name, own]) => changed.replaceAll(name, own), text);
  return {
    material,
    problems: reader.problems.map((problem) => ({
      ...problem,
      property: renamed(problem.property),
      message: renamed(problem.message),
    })),
    warnings: reader.warnings.map(renamed),
  };
}
