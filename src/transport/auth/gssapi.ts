/**
 * SASL GSSAPI (RFC 4752) with Kerberos, by the optional package `kerberos`, which wraps the system's own library.
 * Tickets come from where that library takes them: a ticket cache (kinit, KRB5CCNAME) or a client keytab
 * (KRB5_CLIENT_KTNAME). No secret passes through this package.
 */
import { AuthFailure, type AuthFailureOptions, type Dialogue, type Mechanism } from './mechanism.ts';

export interface KerberosCredentials {
  /** The first part of the brokers' principal, service/host. Default kafka. */
  serviceName?: string | undefined;
}

/** What is used of the package. */
interface KerberosClient {
  contextComplete: boolean;
  step(challenge: string): Promise<string | null>;
  unwrap(challenge: string): Promise<string>;
  wrap(challenge: string, options: object): Promise<string>;
}

interface Kerberos {
  GSS_MECH_OID_KRB5: number;
  GSS_C_MUTUAL_FLAG: number;
  GSS_C_INTEG_FLAG: number;
  initializeClient(service: string, options: object): Promise<KerberosClient>;
}

/** Replaced in tests of what a missing package looks like. */
export type LoadPackage = (name: string) => Promise<unknown>;

const SERVICE_NAME = 'kafka';
/** Kerberos needs one or two rounds; a broker that goes on for ever is not one. */
const ROUNDS_MAX = 8;
/** Security layers, as bits: none, integrity, confidentiality. Kafka uses none. */
const NO_LAYER = 1;
/** No layer, and no buffer since there is none; no authorization id follows. */
const CHOSEN_LAYER: Buffer = Buffer.from([NO_LAYER, 0, 0, 0]);

export function gssapi(
  { serviceName = SERVICE_NAME }: KerberosCredentials,
  load: LoadPackage = (name) => import(name),
): Mechanism {
  return {
    name: 'GSSAPI',
    who: `service "${serviceName}"`,
    secrets: () => [],
    async login(dialogue) {
      const kerberos = await loadKerberos(load);
      await negotiate(kerberos, serviceName, dialogue);
    },
    explain: () =>
      failure('the broker refused the ticket; check its clock, its keytab and the rules that map principals'),
  };
}

async function loadKerberos(load: LoadPackage): Promise<Kerberos> {
  try {
    const loaded = (await load('kerberos')) as { default?: Kerberos } & Kerberos;
    return loaded.default ?? loaded;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const what =
      /MODULE_NOT_FOUND/.test(code) && !/\.node/.test(String(error)) ? 'is not installed' : 'cannot be loaded';
    throw new AuthFailure(
      `authentication by GSSAPI needs the package kerberos, which ${what}: npm install kerberos@7. It is compiled, ` +
        'which takes the headers of Kerberos (Debian, Ubuntu: libkrb5-dev; RHEL, Fedora: krb5-devel; Alpine: krb5-dev)',
      { code: 'ERR_AUTH_KERBEROS_PACKAGE' },
    );
  }
}

async function negotiate(kerberos: Kerberos, serviceName: string, dialogue: Dialogue): Promise<void> {
  const service = `${serviceName}@${dialogue.host}`;
  const local = async <Result>(act: () => Promise<Result>): Promise<Result> => {
    try {
      return await act();
    } catch (error) {
      throw explained(error instanceof Error ? error.message : '', service);
    }
  };
  const send = async (token: string | null): Promise<string> =>
    (await dialogue.send(Buffer.from(token ?? '', 'base64'))).toString('base64');
  const client = await local(() =>
    kerberos.initializeClient(service, {
      mechOID: kerberos.GSS_MECH_OID_KRB5,
      gssFlag: kerberos.GSS_C_MUTUAL_FLAG | kerberos.GSS_C_INTEG_FLAG,
    }),
  );
  let reply = await send(await local(() => client.step('')));
  for (let round = 0; !client.contextComplete; round++) {
    if (round === ROUNDS_MAX) throw failure(`the broker did not end the dialogue in ${ROUNDS_MAX} rounds`);
    const challenge = reply;
    // The last token is empty, and sent: only then does the broker offer its security layers.
    reply = await send(await local(() => client.step(challenge)));
  }
  const offer = Buffer.from(await local(() => client.unwrap(reply)), 'base64');
  if (offer.length < 4 || ((offer[0] ?? 0) & NO_LAYER) === 0) {
    throw failure('the broker insists on a security layer, which Kafka does not have; is it a Kafka broker?');
  }
  await send(await local(() => client.wrap(CHOSEN_LAYER.toString('base64'), {})));
}

function failure(message: string, options: Partial<AuthFailureOptions> = {}): AuthFailure {
  return new AuthFailure(message, { code: 'ERR_AUTH_KERBEROS', ...options });
}

/** The library's texts, from what people meet to what to do. They name principals and files, no secrets. */
function explained(text: string, service: string): AuthFailure {
  if (/clock skew|not yet valid/i.test(text)) {
    const fix = 'set the time of this machine, and look at that of the KDC and the broker';
    return failure(`clocks differ by more than Kerberos allows (5 minutes); ${fix}`, {
      code: 'ERR_AUTH_KERBEROS_CLOCK',
    });
  }
  if (/not found in Kerberos database/i.test(text)) {
    const fix = 'check brokerList: it must name hosts as the brokers’ keytabs do';
    return failure(`the realm does not know ${service.replace('@', '/')}; ${fix}`, {
      code: 'ERR_AUTH_KERBEROS_SERVICE',
    });
  }
  if (/contact any KDC|cannot resolve|find KDC/i.test(text)) {
    return failure('the KDC of the realm cannot be reached; check krb5.conf and the network', { retriable: true });
  }
  if (/no credentials|credentials cache|keytab|expired|No Kerberos|credential/i.test(text)) {
    return failure('there is no valid ticket; run kinit, or name a keytab in KRB5_CLIENT_KTNAME', {
      code: 'ERR_AUTH_KERBEROS_TICKET',
    });
  }
  return failure(`Kerberos failed: ${text.replace(/[\p{Cc}\s]+/gu, ' ').slice(0, 200)}`);
}
