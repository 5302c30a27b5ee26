/** @platformatic/kafka 2: no linger in send(). It wants Node 22 for one function, which Node 20 can be given. */
Promise.withResolvers ??= function withResolvers() {
  let resolve;
  let reject;
  const promise = new Promise((onDone, onFailure) => {
    resolve = onDone;
    reject = onFailure;
  });
  return { promise, resolve, reject };
};

const { ProduceAcks, Producer } = await import('@platformatic/kafka');

export async function open({ broker, topic, idempotence }) {
  const producer = new Producer({
    clientId: 'bench',
    bootstrapBrokers: [broker],
    idempotent: idempotence,
    acks: ProduceAcks.ALL,
  });
  return {
    message: (key, value) => ({
      topic,
      key: key === undefined ? undefined : Buffer.from(key),
      value: Buffer.from(value),
    }),
    send: (messages) => producer.send({ acks: ProduceAcks.ALL, messages }),
    close: () => producer.close(),
    // It starts a new producer id after any failure and is safe with one call at a time only.
    callsAtOnceMax: idempotence ? 1 : undefined,
  };
}
