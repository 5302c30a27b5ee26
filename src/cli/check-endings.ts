/** How `check` can end: a name for programs, an exit code, and what to do about it. */
import type { ErrorCode, KafkaHotpathError } from '../errors.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { EXIT } from './exit.ts';

export type EndingName =
  | 'ok'
  | 'unknownHost'
  | 'unreachable'
  | 'notKafka'
  | 'tlsExpected'
  | 'plaintextExpected'
  | 'certificate'
  | 'login'
  | 'unknownTopic'
  | 'topicRefused'
  | 'topicFailed'
  | 'noLeader'
  | 'leaderUnreachable'
  | 'registryUnreachable'
  | 'notRegistry'
  | 'registryCertificate'
  | 'registryLogin'
  | 'unknownSchema'
  | 'incompatibleSchema'
  | 'unusableSchema';

interface Ending {
  readonly exitCode: number;
  readonly hint: string;
}

export const ENDINGS: Readonly<Record<EndingName, Ending>> = {
  ok: { exitCode: EXIT.ok, hint: 'messages can be sent' },
  unknownHost: {
    exitCode: EXIT.connect,
    hint: 'no such name: look for a typing error in brokerList, or at the name server',
  },
  unreachable: {
    exitCode: EXIT.connect,
    hint: 'nothing listens on that port: look at the port in brokerList, and whether the broker is running',
  },
  notKafka: {
    exitCode: EXIT.connect,
    hint: 'something else than Kafka listens there: look at host and port in brokerList (9092 is usual, 9093 with TLS)',
  },
  tlsExpected: {
    exitCode: EXIT.connect,
    hint: 'the port speaks TLS: set protocol to Ssl or SaslSsl, or use the port for plaintext',
  },
  plaintextExpected: {
    exitCode: EXIT.connect,
    hint: 'the port speaks no TLS: set protocol to Plaintext or SaslPlaintext, or use the port for TLS',
  },
  certificate: {
    exitCode: EXIT.connect,
    hint: 'look at sslCaLocation or sslCaPEM, at the host name, and at the certificate and key of this client',
  },
  login: {
    exitCode: EXIT.connect,
    hint: 'look at username, password, authenticationMode and protocol',
  },
  // The topic is a property: a name that the cluster does not know is a mistake there.
  unknownTopic: { exitCode: EXIT.config, hint: 'create the topic, or correct the property topic' },
  topicRefused: { exitCode: EXIT.connect, hint: 'the user may not write to this topic; ask for an ACL' },
  topicFailed: {
    exitCode: EXIT.connect,
    hint: 'the cluster could not describe the topic: look at the log of its brokers',
  },
  noLeader: { exitCode: EXIT.connect, hint: 'messages for these partitions wait until a leader is elected' },
  leaderUnreachable: {
    exitCode: EXIT.connect,
    hint: 'the cluster gives this address for the broker (advertised.listeners), and it cannot be reached from here',
  },
  registryUnreachable: {
    exitCode: EXIT.connect,
    hint: 'look at host and port in schemaRegistryUrl, and whether the registry is running and well',
  },
  notRegistry: {
    exitCode: EXIT.connect,
    hint: 'look at schemaRegistryUrl and its path: something else than a registry answers there',
  },
  registryCertificate: {
    exitCode: EXIT.connect,
    hint: 'look at httpsCaPem or httpsCaLocation, at the host name, and at schemaRegistryCertificatePEM and its key',
  },
  registryLogin: {
    exitCode: EXIT.connect,
    hint: 'look at schemaRegistryUsername and schemaRegistryPassword or schemaRegistryToken, and at what it may do',
  },
  unknownSchema: {
    exitCode: EXIT.config,
    hint: 'register the schema, or correct topic, schemaId or schemaRegistrySubjectNameStrategy',
  },
  incompatibleSchema: {
    exitCode: EXIT.config,
    hint: 'change the schema so that it goes with the latest version, or have the subject take such changes',
  },
  unusableSchema: { exitCode: EXIT.config, hint: 'correct the schema, or take another that fits what is sent' },
};

const BY_CODE: Partial<Record<ErrorCode, EndingName>> = {
  ERR_REGISTRY_TLS: 'registryCertificate',
  ERR_REGISTRY_AUTH: 'registryLogin',
  ERR_REGISTRY_NOT_FOUND: 'unknownSchema',
  ERR_REGISTRY_INCOMPATIBLE: 'incompatibleSchema',
  ERR_REGISTRY_SCHEMA: 'unusableSchema',
  ERR_AVRO_SCHEMA: 'unusableSchema',
  ERR_PROTOBUF_SCHEMA: 'unusableSchema',
  ERR_PROTOBUF_PACKAGE: 'unusableSchema',
};

/** The ending that an error about a schema or its registry means; undefined for one about something else. */
export function schemaEnding(error: KafkaHotpathError): EndingName | undefined {
  if (error.code !== 'ERR_REGISTRY') return BY_CODE[error.code];
  return error instanceof RegistryError && error.retriable ? 'registryUnreachable' : 'notRegistry';
}
