/** SASL PLAIN (RFC 4616): authorization id (empty), NUL, user, NUL, password. */
import { AuthFailure, type Mechanism } from './mechanism.ts';

export interface PasswordCredentials {
  username: string;
  password: string;
}

export function plain({ username, password }: PasswordCredentials): Mechanism {
  return {
    name: 'PLAIN',
    who: `user "${username}"`,
    secrets: () => [password],
    async login({ send }) {
      if (username.includes('\0') || password.includes('\0')) {
        throw new AuthFailure('username or password has a NUL character, which PLAIN cannot carry', {
          code: 'ERR_AUTH',
        });
      }
      await send(Buffer.from(`\0${username}\0${password}`));
    },
  };
}
