/** The oAuthBearer* properties: what they need of each other, and what they must not say. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { ConfigError } from '../../src/binding/config-error.ts';
import { resolveConfig } from '../../src/binding/config.ts';
import type { ConfigOptions } from '../../src/binding/config-options.ts';

const BASE = { brokerList: 'localhost:9092', topic: 'orders', protocol: 'SaslSsl', authenticationMode: 'OAuthBearer' };
const OIDC = {
  ...BASE,
  oAuthBearerMethod: 'Oidc',
  oAuthBearerClientId: 'client',
  oAuthBearerClientSecret: 'canary-secret',
  oAuthBearerTokenEndpointUrl: 'https://login.example.com/token',
};

function refused(properties: object, options: ConfigOptions = {}): string[] {
  try {
    resolveConfig(properties, {}, options);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    assert.doesNotMatch(inspect(error, { depth: Infinity, showHidden: true }), /canary/);
    return error.problems.map(({ property }) => property);
  }
  assert.fail('no problem was found');
}

describe('oAuthBearer properties', () => {
  it('make a login without user and password', () => {
    const config = resolveConfig({ ...OIDC, oAuthBearerExtensions: 'a=1, b=x=y' }, {});
    assert.equal(config.sasl, undefined);
    assert.equal(config.oauthBearer?.oidc?.clientSecret.reveal(), 'canary-secret');
    assert.deepEqual(config.oauthBearer.extensions, { a: '1', b: 'x=y' });
    assert.doesNotMatch(inspect(config, { depth: Infinity, showHidden: true }) + JSON.stringify(config), /canary/);
  });

  it('or take a token that was given, which nothing shows', () => {
    const config = resolveConfig(BASE, {}, { oAuthBearerToken: 'canary-token' });
    assert.doesNotMatch(inspect(config, { depth: Infinity, showHidden: true }) + JSON.stringify(config), /canary/);
  });

  it('say what is missing and what does not go together', () => {
    assert.deepEqual(refused(BASE), ['oAuthBearerMethod']);
    assert.deepEqual(refused(OIDC, { oAuthBearerToken: 'canary' }), ['oAuthBearerMethod']);
    assert.deepEqual(refused({ ...BASE, oAuthBearerMethod: 'Oidc' }), [
      'oAuthBearerClientId',
      'oAuthBearerClientSecret',
      'oAuthBearerTokenEndpointUrl',
    ]);
    for (const url of ['nonsense', 'ftp://x/y', 'https://u:canary@host/token']) {
      assert.deepEqual(refused({ ...OIDC, oAuthBearerTokenEndpointUrl: url }), ['oAuthBearerTokenEndpointUrl']);
    }
    for (const extensions of ['canary', 'auth=x', 'a-b=c']) {
      assert.deepEqual(refused({ ...OIDC, oAuthBearerExtensions: extensions }), ['oAuthBearerExtensions']);
    }
    assert.deepEqual(refused({ ...OIDC, httpsCaPem: 'canary' }), ['httpsCaPem']);
    assert.deepEqual(refused({ ...OIDC, httpsCaLocation: '/nowhere.pem' }), ['httpsCaLocation']);
  });

  it('warn about a secret that travels unencrypted', () => {
    const url = (host: string): string[] => [
      ...resolveConfig({ ...OIDC, oAuthBearerTokenEndpointUrl: `http://${host}/token` }, {}).warnings,
    ];
    assert.match(url('login.example.com').join(), /client secret travels unencrypted/);
    assert.deepEqual(url('127.0.0.1:8080'), []);
  });

  it('Gssapi needs neither user nor password', () => {
    const properties = { ...BASE, authenticationMode: 'Gssapi' };
    assert.deepEqual(resolveConfig(properties, {}, { kerberosServiceName: 'k' }).kerberos, { serviceName: 'k' });
  });

  it('sslInsecureSkipVerify warns', () => {
    const { warnings } = resolveConfig(
      { ...BASE, protocol: 'Ssl', authenticationMode: 'NotSet' },
      {},
      {
        sslInsecureSkipVerify: true,
      },
    );
    assert.match(warnings.join(), /no certificate is checked/);
  });
});
