/** Authentication requests, and what becomes of them on a broker that has no users. */
import { KafkaErrorCode } from '../protocol/error-codes.ts';
import {
  decodeSaslAuthenticate,
  decodeSaslHandshake,
  encodeSaslAuthenticateResponse,
  encodeSaslHandshakeResponse,
} from '../protocol/sasl-server.ts';
import type { ServeContext } from './serve.ts';

export function serveSaslHandshake({ cluster, request, sasl }: ServeContext): Buffer {
  const mechanism = decodeSaslHandshake(request.version, request.body);
  if (sasl === null) return encodeSaslHandshakeResponse(KafkaErrorCode.ILLEGAL_SASL_STATE, []);
  return encodeSaslHandshakeResponse(sasl.handshake(mechanism), cluster.settings.saslMechanisms);
}

export function serveSaslAuthenticate({ request, sasl, closeAfterReply }: ServeContext): Buffer {
  const token = decodeSaslAuthenticate(request.version, request.body);
  const response = sasl?.authenticate(token) ?? {
    errorCode: KafkaErrorCode.ILLEGAL_SASL_STATE,
    errorMessage: 'this broker asks nobody to authenticate',
    token: new Uint8Array(0),
    sessionLifetimeMs: 0,
  };
  if (response.errorCode !== 0) closeAfterReply();
  return encodeSaslAuthenticateResponse(request.version, response);
}
