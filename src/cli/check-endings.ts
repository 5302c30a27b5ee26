/** How `check` can end: a name for programs, an exit code, and what to do about it. */
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
  | 'noLeader'
  | 'leaderUnreachable';

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
  noLeader: { exitCode: EXIT.connect, hint: 'messages for these partitions wait until a leader is elected' },
  leaderUnreachable: {
    exitCode: EXIT.connect,
    hint: 'the cluster gives this address for the broker (advertised.listeners), and it cannot be reached from here',
  },
};
