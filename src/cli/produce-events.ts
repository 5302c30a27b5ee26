/** What happens between hand-over and report, in a line each. */
import type { ProducerEvent } from '../producer/api.ts';

export function describeEvent(event: ProducerEvent): string {
  switch (event.type) {
    case 'delivery':
      return `${event.messages} messages to ${event.topic}[${event.partition}] ${event.status}`;
    case 'retry':
      return `retry ${event.attempt} of ${event.topic}[${event.partition}]: ${event.reason}`;
    case 'gapDetected':
      return `gap in ${event.topic}[${event.partition}]: ${event.reason}`;
    case 'offsetRegression':
      return `offsets of ${event.topic}[${event.partition}] went back from ${event.previousOffset} to ${event.offset}`;
    case 'throttled':
      return `broker ${event.nodeId} asks for a pause of ${event.throttleMs} ms`;
    case 'unverified':
      return `WARNING: the certificate of ${event.host}:${event.port} is not checked (sslInsecureSkipVerify)`;
    case 'connected':
      return `connected to ${brokerName(event.nodeId)} at ${event.host}:${event.port}`;
    case 'disconnected':
      return `disconnected from ${brokerName(event.nodeId)} at ${event.host}:${event.port}: ${event.reason}`;
    case 'engineFallback':
      return `engine: ${event.reason}`;
  }
}

/** A broker of the list has no id yet when it is first asked. */
function brokerName(nodeId: number): string {
  return nodeId < 0 ? 'a broker of brokerList' : `broker ${nodeId}`;
}
