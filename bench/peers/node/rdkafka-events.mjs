/** The event API that node-rdkafka and confluent's binding share: produce(), and a report per message by polling. */
const POLL_MS = 5;
const QUEUE_FULL = -184;

export async function openEvents(Producer, { broker, topic, idempotence, lingerMs }) {
  const producer = new Producer({
    'metadata.broker.list': broker,
    'linger.ms': lingerMs,
    'batch.size': 131072,
    'enable.idempotence': idempotence,
    'request.required.acks': -1,
    dr_cb: true,
  });
  producer.on('delivery-report', (error, { opaque }) => {
    if (error) opaque.reject(error);
    else if (--opaque.pending === 0) opaque.resolve();
  });
  await new Promise((resolve, reject) => {
    producer.on('ready', resolve).on('event.error', reject).connect();
  });
  producer.setPollInterval(POLL_MS);
  return {
    message: (key, value) => ({ key, value: Buffer.from(value) }),
    send: (messages) => sendAll(producer, topic, messages),
    close: () => new Promise((resolve) => producer.disconnect(resolve)),
  };
}

/** One promise for the call, settled by the last report; the opaque carries it, so no object per message. */
async function sendAll(producer, topic, messages) {
  const call = { pending: messages.length };
  const done = new Promise((resolve, reject) => {
    call.resolve = resolve;
    call.reject = reject;
  });
  for (const { key, value } of messages) {
    while (!tryProduce(producer, topic, value, key, call)) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await done;
}

function tryProduce(producer, topic, value, key, call) {
  try {
    producer.produce(topic, null, value, key, null, call);
    return true;
  } catch (error) {
    if (error.code !== QUEUE_FULL) throw error;
    producer.poll();
    return false;
  }
}
