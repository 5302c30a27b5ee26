/** OAUTHBEARER: tokens kept, renewed and refused; the token endpoint and its mistakes; no secret in any of it. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { inspect } from 'node:util';
import {
  decodeSaslAuthenticate,
  encodeSaslAuthenticateResponse,
  encodeSaslHandshakeResponse,
} from '../../src/protocol/sasl-server.ts';
import { gssapi } from '../../src/transport/auth/gssapi.ts';
import { AuthFailure } from '../../src/transport/auth/mechanism.ts';
import { oidcTokens } from '../../src/transport/auth/oidc.ts';
import { extensionsFault, oauthBearer } from '../../src/transport/auth/oauthbearer.ts';
import { TokenKeeper } from '../../src/transport/auth/token-keeper.ts';
import { CLIENT_ID, CLIENT_SECRET, SecurityIssuer } from '../support/kafka/security-issuer.ts';
import { makePki, withoutOpenssl } from './pki.ts';
import { closeAll, openTransport, startBroker, transportFailure } from './rig.ts';

afterEach(closeAll);

async function failureOf(promise: Promise<unknown>): Promise<AuthFailure> {
  const error: unknown = await promise.then(
    () => assert.fail('resolved'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof AuthFailure, inspect(error));
  assert.doesNotMatch(inspect(error, { depth: Infinity, showHidden: true }), /canary/);
  return error;
}

describe('a kept token', () => {
  it('is replaced when 80 % of its time have passed', async () => {
    let nowMs = 1_000_000;
    let calls = 0;
    const provider = (): Promise<{ value: string; expiresAtMs: number }> =>
      Promise.resolve({ value: `token-${++calls}`, expiresAtMs: nowMs + 100_000 });
    const keeper = new TokenKeeper(provider, () => nowMs);
    assert.equal(await keeper.token(), 'token-1');
    nowMs += 79_999;
    assert.equal(await keeper.token(), 'token-1');
    nowMs += 1;
    assert.equal(await keeper.token(), 'token-2');
  });

  it('is asked for once by connections that open together', async () => {
    let calls = 0;
    const keeper = new TokenKeeper(() => Promise.resolve({ value: `t${++calls}`, expiresAtMs: Date.now() + 1e6 }));
    assert.deepEqual(await Promise.all([keeper.token(), keeper.token(), keeper.token()]), ['t1', 't1', 't1']);
  });

  it('is used to its end while the next cannot be had', async () => {
    let nowMs = 0;
    let isDown = false;
    const keeper = new TokenKeeper(
      () => (isDown ? Promise.reject(new Error('canary')) : Promise.resolve({ value: 't', expiresAtMs: 100 })),
      () => nowMs,
    );
    await keeper.token();
    isDown = true;
    nowMs = 99;
    assert.equal(await keeper.token(), 't');
    nowMs = 100;
    const error = await failureOf(keeper.token());
    assert.equal(error.code, 'ERR_AUTH_TOKEN_ENDPOINT');
    assert.equal(error.retriable, true);
  });

  it('that is none is refused here', async () => {
    for (const token of [undefined, {}, { value: '' }, { value: 7 }]) {
      const error = await failureOf(new TokenKeeper(() => Promise.resolve(token as { value: string })).token());
      assert.equal(error.code, 'ERR_AUTH_TOKEN');
    }
    const mechanism = oauthBearer({ token: 'a\x01auth=Bearer canary' });
    await failureOf(mechanism.login({ host: 'x', send: () => Promise.reject(new Error('sent')) }));
  });
});

describe('a broker that takes no token', () => {
  it('with a status in place of an error is seen at connecting, and the token is not repeated', async () => {
    const broker = await startBroker();
    broker.on('SaslHandshake', (request) => {
      request.reply(encodeSaslHandshakeResponse(0, ['OAUTHBEARER']));
    });
    let sent = '';
    broker.on('SaslAuthenticate', (request) => {
      sent = decodeSaslAuthenticate(request.version, request.body).toString();
      const token = Buffer.from('{"status":"invalid_token","got":"canary-token"}');
      const reply = { errorCode: 0, errorMessage: null, sessionLifetimeMs: 0, token };
      request.reply(encodeSaslAuthenticateResponse(request.version, reply));
    });
    const sasl = { mechanism: 'oauthbearer', token: 'canary-token', extensions: { trace: 'x y' } } as const;
    const error = await transportFailure(openTransport(broker, { sasl }).connect());
    assert.equal(error.code, 'ERR_AUTH_TOKEN');
    assert.equal(error.fatal, true);
    assert.match(error.message, /refused the token \(invalid_token\)/);
    assert.doesNotMatch(inspect(error, { depth: Infinity, showHidden: true }), /canary/);
    assert.equal(sent, 'n,,\x01auth=Bearer canary-token\x01trace=x y\x01\x01');
  });

  it('extensions that would change the message are refused', () => {
    assert.equal(extensionsFault({ logicalCluster: 'lkc-1', identityPoolId: 'pool' }), undefined);
    assert.match(extensionsFault({ auth: 'x' }) ?? '', /auth/);
    assert.match(extensionsFault({ 'a=b': 'x' }) ?? '', /letters/);
    assert.match(extensionsFault({ a: 'x\x01auth=Bearer canary' }) ?? '', /extension a /);
  });
});

describe('a token endpoint', { skip: withoutOpenssl }, () => {
  const client = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };

  async function withIssuer(use: (issuer: SecurityIssuer, ca: string) => Promise<void>): Promise<void> {
    const pki = makePki();
    const issuer = await SecurityIssuer.start(pki.server);
    try {
      await use(issuer, pki.ca);
    } finally {
      await issuer.stop();
    }
  }

  it('gives a token with its time, over TLS with an authority of its own', async () => {
    await withIssuer(async (issuer, ca) => {
      const options = { ...client, tokenEndpointUrl: `${issuer.httpsUrl}/token` };
      const token = await oidcTokens({ ...options, ca: [ca], scope: 'a b' })();
      assert.equal(token.value.split('.').length, 3);
      assert.equal(issuer.forms.at(-1)?.get('scope'), 'a b');
      const error = await failureOf(oidcTokens(options)());
      assert.match(error.message, /certificate was refused \([A-Z_]+\); give its authority as httpsCaPem/);
    });
  });

  const answers: [string, (issuer: SecurityIssuer) => void, RegExp, boolean][] = [
    [
      '401',
      (issuer) => void (issuer.answer = (r) => r.writeHead(401).end('{"error":"canary !"}')),
      /answered 401;/,
      false,
    ],
    ['503', (issuer) => void (issuer.answer = (r) => r.writeHead(503).end('down')), /answered 503$/, true],
    [
      '302',
      (issuer) => void (issuer.answer = (r) => r.writeHead(302, { location: '/x' }).end()),
      /answered 302$/,
      true,
    ],
    [
      'a page',
      (issuer) => void (issuer.answer = (r) => r.writeHead(200).end('<html>')),
      /without an access_token/,
      false,
    ],
    [
      'half an answer',
      (issuer) => void (issuer.answer = (r) => r.destroy()),
      /the request failed|connection ended/,
      true,
    ],
    [
      'an endless answer',
      (issuer) => void (issuer.answer = (r) => r.writeHead(200).end('x'.repeat(300_000))),
      /exceeds 262144 bytes/,
      true,
    ],
  ];
  for (const [name, prepare, says, retriable] of answers) {
    it(`that answers with ${name} is an error without secrets`, async () => {
      await withIssuer(async (issuer) => {
        prepare(issuer);
        const tokenEndpointUrl = `${issuer.url}/token?key=canary`;
        const error = await failureOf(oidcTokens({ ...client, tokenEndpointUrl })());
        assert.equal(error.code, 'ERR_AUTH_TOKEN_ENDPOINT');
        assert.match(error.message, says);
        assert.equal(error.retriable, retriable);
      });
    });
  }
});

describe('GSSAPI', () => {
  const fake = (step: () => Promise<string>): object => ({
    initializeClient: () => Promise.resolve({ contextComplete: false, step }),
  });
  const cases: [string, string, boolean][] = [
    ['Clock skew too great', 'ERR_AUTH_KERBEROS_CLOCK', false],
    ['Cannot contact any KDC for realm TEST.LOCAL', 'ERR_AUTH_KERBEROS', true],
    ['Ticket expired', 'ERR_AUTH_KERBEROS_TICKET', false],
    ['something nobody has seen', 'ERR_AUTH_KERBEROS', false],
  ];
  for (const [said, code, retriable] of cases) {
    it(`takes "${said}" of the library for ${code}`, async () => {
      const mechanism = gssapi({}, () => Promise.resolve(fake(() => Promise.reject(new Error(said)))));
      const error = await failureOf(mechanism.login({ host: 'x', send: () => Promise.resolve(Buffer.alloc(0)) }));
      assert.deepEqual([error.code, error.retriable], [code, retriable]);
    });
  }

  it('does not go on for ever with a broker that does', async () => {
    const mechanism = gssapi({}, () => Promise.resolve(fake(() => Promise.resolve('AAAA'))));
    let rounds = 0;
    const send = (): Promise<Buffer> => Promise.resolve(Buffer.alloc(++rounds));
    assert.match((await failureOf(mechanism.login({ host: 'x', send }))).message, /did not end the dialogue/);
    assert.ok(rounds < 10);
  });

  it('without its package names the package and the headers it is compiled with', async () => {
    const missing = Object.assign(new Error("Cannot find package 'kerberos'"), { code: 'ERR_MODULE_NOT_FOUND' });
    const mechanism = gssapi({}, () => Promise.reject(missing));
    const error = await failureOf(mechanism.login({ host: 'x', send: () => Promise.reject(new Error('sent')) }));
    assert.equal(error.code, 'ERR_AUTH_KERBEROS_PACKAGE');
    assert.match(error.message, /kerberos, which is not installed: npm install kerberos@7.*libkrb5-dev.*krb5-devel/);
  });
});
