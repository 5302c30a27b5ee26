/** From the credentials of a configuration to the mechanism that uses them. */
import { gssapi, type KerberosCredentials } from './gssapi.ts';
import type { Mechanism } from './mechanism.ts';
import { oauthBearer, type OAuthBearerCredentials } from './oauthbearer.ts';
import { type PasswordCredentials, plain } from './plain.ts';
import { scram } from './scram.ts';

export type SaslCredentials =
  | ({ mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512' } & PasswordCredentials)
  | ({ mechanism: 'oauthbearer' } & OAuthBearerCredentials)
  | ({ mechanism: 'gssapi' } & KerberosCredentials);

/** One for all connections: they share what it keeps, such as a token. */
export function openMechanism(credentials: SaslCredentials): Mechanism {
  switch (credentials.mechanism) {
    case 'plain':
      return plain(credentials);
    case 'scram-sha-256':
      return scram('sha256', credentials);
    case 'scram-sha-512':
      return scram('sha512', credentials);
    case 'oauthbearer':
      return oauthBearer(credentials);
    case 'gssapi':
      return gssapi(credentials);
  }
}
