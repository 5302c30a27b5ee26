/**
 * Takes PEM text apart, in the forms it has after a trip through settings, key vaults and shells: `\n` as two
 * characters, all on one line, blocks of other kinds around it.
 *
 *   -----BEGIN label-----
 *   [header: value … empty line]     old encrypted keys only (RFC 1421)
 *   base64
 *   -----END label-----
 */

export interface PemBlock {
  /** CERTIFICATE, PRIVATE KEY, … */
  readonly label: string;
  /** The block alone, in the form that OpenSSL reads. */
  readonly pem: string;
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----([^]*?)-----END \1-----/g;
const HEADERS = /^\s*((?:[A-Za-z-]{1,40}:[^\n]*\n)+)\s*\n/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** RFC 7468 §2. */
const LINE_CHARACTERS = 64;

const CERTIFICATE_LABELS: ReadonlySet<string> = new Set(['CERTIFICATE', 'X509 CERTIFICATE']);
const KEY_LABELS: ReadonlySet<string> = new Set([
  'PRIVATE KEY',
  'ENCRYPTED PRIVATE KEY',
  'RSA PRIVATE KEY',
  'EC PRIVATE KEY',
]);

/** Every block whose inside is base64, in order. */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  const unescaped = text.replaceAll('\\r', '').replaceAll('\\n', '\n').replaceAll('\r', '');
  for (const [, label = '', inside = ''] of unescaped.matchAll(BLOCK)) {
    const headers = HEADERS.exec(inside);
    const base64 = inside.slice(headers?.[0].length ?? 0).replace(/\s+/g, '');
    if (!BASE64.test(base64)) continue;
    const lines = base64.match(new RegExp(`.{1,${LINE_CHARACTERS}}`, 'g')) ?? [];
    const kind = CERTIFICATE_LABELS.has(label) ? 'CERTIFICATE' : label;
    const body = `${headers === null ? '' : `${headers[1] ?? ''}\n`}${lines.join('\n')}`;
    blocks.push({ label: kind, pem: `-----BEGIN ${kind}-----\n${body}\n-----END ${kind}-----\n` });
  }
  return blocks;
}

export function isCertificate({ label }: PemBlock): boolean {
  return CERTIFICATE_LABELS.has(label);
}

export function isKey({ label }: PemBlock): boolean {
  return KEY_LABELS.has(label);
}

export function isEncryptedKey({ label, pem }: PemBlock): boolean {
  return label === 'ENCRYPTED PRIVATE KEY' || /^Proc-Type:.*ENCRYPTED/m.test(pem);
}

/** What a text without the wanted block is instead, as far as that can be told. It repeats nothing of the text. */
export function whyNoBlock(text: string, wanted: string): string {
  const found = pemBlocks(text).map(({ label }) => label);
  if (found.length > 0) return `has no ${wanted}, only ${[...new Set(found)].join(', ')}`;
  if (text.includes('-----BEGIN')) return `is damaged PEM: no block in it is whole; paste it again, from BEGIN to END`;
  // The first bytes of a Java key store, and of DER, which PKCS#12 is too (a SEQUENCE of some length).
  if (text.startsWith('\u00fe\u00ed\u00fe\u00ed')) return 'is a Java key store; export it as PEM (keytool, openssl)';
  if (text.startsWith('\u0030\u0082') || text.startsWith('\u0030\u0080')) {
    return 'is DER or PKCS#12; convert it to PEM (openssl x509 -inform der, openssl pkcs12 -nodes)';
  }
  return `is not PEM: no -----BEGIN ${wanted === 'private key' ? 'PRIVATE KEY' : 'CERTIFICATE'}----- in it`;
}
