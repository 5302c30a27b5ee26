/** Watches the logins on one connection to a proxy: how many there are, and whether other requests get among them. */
import type { ApiName } from '../../../src/protocol/api-keys.ts';
import type { FrameProxy } from '../frame-proxy.ts';

export interface LoginCounts {
  logins: number;
  /** Requests that were under way or sent while a login was. */
  interleaved: number;
}

/** @param tokens how many the mechanism sends */
export function watchLogins(proxy: FrameProxy, tokens: number): LoginCounts {
  const counts = { logins: 0, interleaved: 0 };
  let unanswered = 0;
  let tokensLeft = 0;
  const isSasl = (api: ApiName | undefined): boolean => api === 'SaslHandshake' || api === 'SaslAuthenticate';
  proxy.onRequest = (_, api) => {
    if (api === 'SaslHandshake') {
      counts.logins += 1;
      counts.interleaved += unanswered;
      tokensLeft = tokens;
    } else if (!isSasl(api)) {
      if (tokensLeft > 0) counts.interleaved += 1;
      unanswered += 1;
    }
    return undefined;
  };
  proxy.onReply = (_, api) => {
    if (api === 'SaslAuthenticate') tokensLeft -= 1;
    else if (!isSasl(api)) unanswered -= 1;
    return undefined;
  };
  return counts;
}
