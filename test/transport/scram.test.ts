/** B82: a SCRAM broker that lies gets no proof it should not have, is not believed, and cannot make us wait. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { inspect } from 'node:util';
import {
  decodeSaslAuthenticate,
  encodeSaslAuthenticateResponse,
  encodeSaslHandshakeResponse,
} from '../../src/protocol/sasl-server.ts';
import { ScramServer } from '../../src/broker/scram.ts';
import { scram } from '../../src/transport/auth/scram.ts';
import { closeAll, openTransport, startBroker, transportFailure } from './rig.ts';
import type { ScriptedBroker } from './scripted-broker.ts';

const PASSWORD = 'canary-scram';
const SASL = { mechanism: 'scram-sha-256', username: 'alice', password: PASSWORD } as const;
const SALT = 'c2FsdHNhbHQ=';

afterEach(closeAll);

type Answer = (token: string, step: number) => string;

/** A broker whose SCRAM messages the test writes; returns what it was sent. */
function serveScram(broker: ScriptedBroker, answer: Answer): string[] {
  const tokens: string[] = [];
  broker.on('SaslHandshake', (request) => {
    request.reply(encodeSaslHandshakeResponse(0, ['SCRAM-SHA-256', 'SCRAM-SHA-512']));
  });
  broker.on('SaslAuthenticate', (request) => {
    const token = decodeSaslAuthenticate(request.version, request.body).toString();
    tokens.push(token);
    const reply = { errorCode: 0, errorMessage: null, sessionLifetimeMs: 0 };
    const bytes = Buffer.from(answer(token, tokens.length));
    request.reply(encodeSaslAuthenticateResponse(request.version, { ...reply, token: bytes }));
  });
  return tokens;
}

function nonceOf(token: string): string {
  return /r=([^,]+)/.exec(token)?.[1] ?? '';
}

const FIRST_MESSAGES: [string, (nonce: string) => string][] = [
  ['a nonce that is not ours', () => `r=somebodyelses,s=${SALT},i=4096`],
  ['our nonce with something before it', (nonce) => `r=x${nonce}y,s=${SALT},i=4096`],
  ['our nonce and nothing added', (nonce) => `r=${nonce},s=${SALT},i=4096`],
  ['no nonce', () => `s=${SALT},i=4096`],
  ['0 iterations', (nonce) => `r=${nonce}x,s=${SALT},i=0`],
  ['1 iteration', (nonce) => `r=${nonce}x,s=${SALT},i=1`],
  ['4095 iterations', (nonce) => `r=${nonce}x,s=${SALT},i=4095`],
  ['1000001 iterations', (nonce) => `r=${nonce}x,s=${SALT},i=1000001`],
  ['2147483647 iterations', (nonce) => `r=${nonce}x,s=${SALT},i=2147483647`],
  ['iterations with a tail', (nonce) => `r=${nonce}x,s=${SALT},i=4096x`],
  ['iterations with zeros in front', (nonce) => `r=${nonce}x,s=${SALT},i=0004096`],
  ['iterations in hex', (nonce) => `r=${nonce}x,s=${SALT},i=0x1000`],
  ['negative iterations', (nonce) => `r=${nonce}x,s=${SALT},i=-4096`],
  ['a salt that is not base64', (nonce) => `r=${nonce}x,s=%%%%,i=4096`],
  ['a salt of three characters', (nonce) => `r=${nonce}x,s=abc,i=4096`],
  ['no salt', (nonce) => `r=${nonce}x,s=,i=4096`],
  ['an extension that must be understood', (nonce) => `m=x,r=${nonce}x,s=${SALT},i=4096`],
  ['the attributes in another order', (nonce) => `s=${SALT},r=${nonce}x,i=4096`],
  ['an error in place of a challenge', () => 'e=other-error'],
  ['nothing', () => ''],
  ['a message of a million bytes', (nonce) => `r=${nonce}${'x'.repeat(1_000_000)},s=${SALT},i=4096`],
];

describe('a broker whose first SCRAM message is wrong gets no proof', () => {
  for (const [name, message] of FIRST_MESSAGES) {
    it(name, async () => {
      const broker = await startBroker();
      const tokens = serveScram(broker, (token) => message(nonceOf(token)));
      const error = await transportFailure(openTransport(broker, { sasl: SASL }).connect());
      assert.ok(['ERR_AUTH_SERVER', 'ERR_PROTOCOL', 'ERR_CONNECT'].includes(error.code), error.message);
      assert.match(error.message, /cannot be trusted|not the Kafka protocol/);
      // With a text of its own: Node makes one out of the source, which takes it minutes here.
      assert.deepEqual(
        tokens.filter((token) => !token.startsWith('n,,n=alice,r=')),
        [],
        'a proof was sent',
      );
      assert.ok(
        !inspect(error, { depth: Infinity, showHidden: true }).includes(PASSWORD),
        'the error shows the password',
      );
    });
  }
});

describe('a broker that cannot show that it knows the password is not believed', () => {
  const finals: [string, string, string][] = [
    ['a wrong signature', `v=${Buffer.alloc(32, 1).toString('base64')}`, 'ERR_AUTH_SERVER'],
    ['a short signature', `v=${Buffer.alloc(16, 1).toString('base64')}`, 'ERR_AUTH_SERVER'],
    ['no signature', '', 'ERR_AUTH_SERVER'],
    ['an empty signature', 'v=', 'ERR_AUTH_SERVER'],
    ['a signature that is not base64', 'v=%%%%', 'ERR_AUTH_SERVER'],
    ['its first message again', `r=x,s=${SALT},i=4096`, 'ERR_AUTH_SERVER'],
    ['an error', 'e=invalid-proof', 'ERR_AUTH'],
  ];
  for (const [name, final, code] of finals) {
    it(name, async () => {
      const broker = await startBroker();
      const tokens = serveScram(broker, (token, step) =>
        step === 1 ? `r=${nonceOf(token)}x,s=${SALT},i=4096` : final,
      );
      const error = await transportFailure(openTransport(broker, { sasl: SASL }).connect());
      assert.equal(error.code, code, error.message);
      assert.equal(error.fatal, true);
      assert.equal(tokens.length, 2);
      const asked = broker.received.map(({ api }) => api);
      assert.ok(!asked.includes('Metadata') && !asked.includes('Produce'), asked.join(', '));
    });
  }
});

describe('a broker that keeps silent in the middle', () => {
  for (const silentAt of [1, 2]) {
    it(`after message ${silentAt} costs no more than the authentication timeout`, async () => {
      const broker = await startBroker();
      const tokens = serveScram(broker, (token) => `r=${nonceOf(token)}x,s=${SALT},i=4096`);
      if (silentAt === 1) broker.on('SaslAuthenticate', () => undefined);
      else {
        broker.on('SaslAuthenticate', (request) => {
          const token = decodeSaslAuthenticate(request.version, request.body).toString();
          if (tokens.push(token) % 2 === 0) return;
          const bytes = Buffer.from(`r=${nonceOf(token)}x,s=${SALT},i=4096`);
          const reply = { errorCode: 0, errorMessage: null, sessionLifetimeMs: 0, token: bytes };
          request.reply(encodeSaslAuthenticateResponse(request.version, reply));
        });
      }
      const transport = openTransport(broker, { sasl: SASL, authenticationTimeoutMs: 50 });
      const error = await transportFailure(transport.connect());
      assert.match(error.message, /no end of the authentication within 50 ms/);
    });
  }
});

describe('SCRAM', () => {
  it('computes the proof and the signature of RFC 7677', async () => {
    const sent: string[] = [];
    const answers = [
      'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
      'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
    ];
    const mechanism = scram('sha256', { username: 'user', password: 'pencil' }, () => 'rOprNGfwEbeRWgbNEkqO');
    await mechanism.login({
      host: 'x',
      send: (token) => {
        sent.push(Buffer.from(token).toString());
        return Promise.resolve(Buffer.from(answers[sent.length - 1]!));
      },
    });
    assert.deepEqual(sent, [
      'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    ]);
  });

  for (const hash of ['sha256', 'sha512'] as const) {
    it(`agrees with the embedded broker on ${hash}, with names and passwords of any characters`, async () => {
      for (const [username, password] of [
        ['alice', 'secret'],
        ['a,b=c', 'p,w=d'],
        ['=2C', ' '],
        ['Zoë', 'пароль'],
      ] as const) {
        const server = new ScramServer(hash, new Map([[username, password]]));
        let step = 0;
        const login = scram(hash, { username, password }).login({
          host: 'x',
          send: (token) => {
            const text = Buffer.from(token).toString();
            const result = ++step === 1 ? server.first(text) : server.final(text);
            return 'reply' in result
              ? Promise.resolve(Buffer.from(result.reply))
              : Promise.reject(new Error(result.failure));
          },
        });
        await assert.doesNotReject(login, `${username} ${password}`);
      }
    });
  }
});
