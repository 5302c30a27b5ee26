/**
 * Certificate authorities, certificate and key of this client, out of the ssl* properties: read, checked against each
 * other, and in the form that TLS takes. As in librdkafka, authorities from a file and from PEM add up, and a
 * certificate or key given as PEM goes before one in a file.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { ConfigProblem, ConfigProblemCode } from './config-error.ts';
import { isCertificate, isEncryptedKey, isKey, pemBlocks, type PemBlock, whyNoBlock } from './pem.ts';
import type { PropertyReading } from './property-reading.ts';
import { describeGot, isSecretSetting, REDACTED, Secret } from './secret.ts';
import type { Settings } from './settings.ts';
import { placesOf, readPlaces } from './tls-files.ts';

export interface TlsMaterial {
  /** Undefined: those that come with Node. */
  readonly authorities: readonly string[] | undefined;
  /** The certificate that fits the key comes first, then the rest of the chain. */
  readonly certificates: string | undefined;
  /** PKCS#8 without a passphrase. */
  readonly key: Secret | undefined;
}

interface Source {
  readonly property: string;
  readonly text: string;
}

/** Days before the end of a certificate from which on it is worth a warning. */
const DAYS_WARNED = 14;
const DAY_MS = 86_400_000;
/** The word by which librdkafka's ssl.ca.location asks for the authorities of the system. */
const PROBE = 'probe';

export const TLS_PROPERTIES = [
  'sslCaLocation',
  'sslCertificateLocation',
  'sslKeyLocation',
  'sslKeyPassword',
  'sslCaPEM',
  'sslCertificatePEM',
  'sslKeyPEM',
  'sslCertificateandKeyPEM',
] as const;

type TlsProperty = (typeof TLS_PROPERTIES)[number];

export interface TlsContext {
  readonly settings: Settings;
  readonly folder: string | undefined;
  readonly nowMs: number;
}

export class TlsReader {
  readonly problems: ConfigProblem[] = [];
  readonly warnings: string[] = [];
  readonly #reading: PropertyReading;
  readonly #context: TlsContext;

  constructor(reading: PropertyReading, context: TlsContext) {
    this.#reading = reading;
    this.#context = context;
  }

  /** Undefined when there is nothing to say, or something wrong. */
  read(): TlsMaterial | undefined {
    const authorities = this.#authorities();
    const both = this.#pem('sslCertificateandKeyPEM');
    const certificate = both ?? this.#pem('sslCertificatePEM') ?? this.#file('sslCertificateLocation');
    // Whoever has certificate and key in one text may also give it as the certificate alone.
    const ownKey = both === undefined ? (this.#pem('sslKeyPEM') ?? this.#file('sslKeyLocation')) : undefined;
    const certificates = certificate && this.#certificates(certificate);
    const keySource = ownKey ?? (certificate !== undefined && hasKey(certificate) ? certificate : both);
    const key = keySource && this.#key(keySource);
    this.#checkPair(certificate, keySource);
    if (keySource === undefined && this.#text('sslKeyPassword') !== undefined) {
      this.warnings.push('sslKeyPassword: is not used, because no private key is given');
    }
    const property = certificate?.property ?? '';
    const chain = certificates && key && this.#chain(certificates, key, property);
    if (this.problems.length > 0) return undefined;
    if (authorities === undefined && chain === undefined) return undefined;
    return Object.freeze({
      authorities: authorities && Object.freeze(authorities),
      certificates: chain,
      key: key && new Secret(String(key.export({ type: 'pkcs8', format: 'pem' }))),
    });
  }

  #refuse(property: string, code: ConfigProblemCode, what: string): void {
    this.problems.push({ property, code, message: `${property}: ${what}` });
  }

  #text(property: TlsProperty): string | undefined {
    if (this.#reading.faulty.has(property)) return undefined;
    const value = this.#reading.values.get(property)?.value;
    return value === undefined ? undefined : String(value);
  }

  #pem(property: TlsProperty): Source | undefined {
    const text = this.#text(property);
    return text === undefined ? undefined : { property, text };
  }

  #file(property: TlsProperty): Source | undefined {
    const path = this.#text(property);
    if (path === undefined) return undefined;
    if (path.includes('-----BEGIN')) {
      this.#refuse(property, 'format', `holds PEM text; that belongs in ${property.replace('Location', 'PEM')}`);
      return undefined;
    }
    const reading = readPlaces(placesOf(path, this.#context.settings, this.#context.folder));
    if ('fault' in reading) {
      const secret = this.#reading.values.get(property)?.settings.some(isSecretValue) === true;
      const isHidden = describeGot(path, { secret }) === REDACTED;
      this.#refuse(property, 'file', isHidden ? `got ${REDACTED}, which is no file that can be read` : reading.fault);
      return undefined;
    }
    if (property === 'sslKeyLocation' && reading.isOpenToOthers && process.platform !== 'win32') {
      this.warnings.push(`sslKeyLocation: other users of this machine may read ${reading.path}; chmod 600 it`);
    }
    return { property, text: reading.text };
  }

  #authorities(): string[] | undefined {
    const fromFile = this.#text('sslCaLocation') === PROBE ? undefined : this.#file('sslCaLocation');
    const sources = [fromFile, this.#pem('sslCaPEM')].filter((source) => source !== undefined);
    if (sources.length === 0) return undefined;
    return sources.flatMap((source) => {
      const certificates = this.#certificates(source) ?? [];
      for (const certificate of certificates) {
        const fault = this.#dateFault(certificate);
        if (fault !== undefined) this.warnings.push(`${source.property}: the authority ${fault}`);
      }
      return certificates.map((certificate) => certificate.toString());
    });
  }

  /** Every certificate of a text; undefined when that is a problem. */
  #certificates({ property, text }: Source): X509Certificate[] | undefined {
    const blocks = pemBlocks(text).filter(isCertificate);
    if (blocks.length === 0) {
      this.#refuse(property, 'format', whyNoBlock(text, 'certificate'));
      return undefined;
    }
    const certificates: X509Certificate[] = [];
    for (const [index, { pem }] of blocks.entries()) {
      try {
        certificates.push(new X509Certificate(pem));
      } catch {
        this.#refuse(property, 'format', `certificate ${index + 1} of ${blocks.length} in it cannot be read`);
      }
    }
    return certificates.length === blocks.length ? certificates : undefined;
  }

  #key({ property, text }: Source): KeyObject | undefined {
    const block = pemBlocks(text).find(isKey);
    if (block === undefined) {
      this.#refuse(property, 'format', whyNoBlock(text, 'private key'));
      return undefined;
    }
    const passphrase = this.#text('sslKeyPassword');
    if (isEncryptedKey(block) && passphrase === undefined) {
      if (!this.#reading.faulty.has('sslKeyPassword')) {
        this.#refuse('sslKeyPassword', 'missing', `is missing; the key in ${property} is encrypted`);
      }
      return undefined;
    }
    return this.#openKey(block, passphrase, property);
  }

  /** OpenSSL's own words (bad decrypt, asn1) would help nobody. */
  #openKey(block: PemBlock, passphrase: string | undefined, property: string): KeyObject | undefined {
    const isEncrypted = isEncryptedKey(block);
    try {
      return createPrivateKey(isEncrypted ? { key: block.pem, passphrase } : block.pem);
    } catch {
      if (isEncrypted) this.#refuse('sslKeyPassword', 'conflict', `does not open the encrypted key in ${property}`);
      else this.#refuse(property, 'format', `its ${block.label} cannot be read; export it again as PKCS#8`);
      return undefined;
    }
  }

  /** A certificate without key or the reverse. A property with a problem of its own counts as given. */
  #checkPair(certificate: Source | undefined, key: Source | undefined): void {
    const isGiven = (...names: TlsProperty[]): boolean =>
      names.some((name) => this.#reading.faulty.has(name) || this.#text(name) !== undefined);
    const hasCertificate = isGiven('sslCertificatePEM', 'sslCertificateLocation', 'sslCertificateandKeyPEM');
    const hasOwnKey = key !== undefined || isGiven('sslKeyPEM', 'sslKeyLocation', 'sslCertificateandKeyPEM');
    if (certificate !== undefined && !hasOwnKey) {
      const names = 'sslKeyPEM, sslKeyLocation, or the key in the same text';
      this.#refuse(certificate.property, 'conflict', `a certificate needs its private key: give ${names}`);
    } else if (key !== undefined && !hasCertificate) {
      const names = 'sslCertificatePEM or sslCertificateLocation';
      this.#refuse(key.property, 'conflict', `a private key needs its certificate: give ${names}`);
    }
  }

  /** The certificates as one text, the client's own first; undefined when none fits the key. */
  #chain(certificates: X509Certificate[], key: KeyObject, property: string): string | undefined {
    const own = certificates.find((certificate) => certificate.checkPrivateKey(key));
    if (own === undefined) {
      const count = certificates.length === 1 ? 'the certificate' : `none of the ${certificates.length} certificates`;
      this.#refuse(property, 'conflict', `${count} does not fit the private key; they must come from one request`);
      return undefined;
    }
    const fault = this.#dateFault(own);
    if (fault !== undefined) this.#refuse(property, 'date', `the certificate ${fault}`);
    const endsMs = Date.parse(own.validTo) - this.#context.nowMs;
    if (endsMs >= 0 && endsMs < DAYS_WARNED * DAY_MS) {
      this.warnings.push(`${property}: the certificate ends in ${Math.floor(endsMs / DAY_MS)} days, at ${own.validTo}`);
    }
    return [own, ...certificates.filter((certificate) => certificate !== own)].map(String).join('');
  }

  #dateFault({ validFrom, validTo }: X509Certificate): string | undefined {
    if (Date.parse(validTo) < this.#context.nowMs) return `ended at ${validTo}; get a new one`;
    if (Date.parse(validFrom) > this.#context.nowMs) return `begins only at ${validFrom}; look at the clock, too`;
    return undefined;
  }
}

function hasKey({ text }: Source): boolean {
  return pemBlocks(text).some(isKey);
}

/** A setting named for a path is one, whatever else is in its name. */
function isSecretValue(setting: string): boolean {
  return isSecretSetting(setting) && !/path|file|location|folder|dir/i.test(setting);
}
