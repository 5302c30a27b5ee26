/** An app as Azure documents it: nothing here knows kafka-hotpath, which delivers when its host runs the app. */
const { app, output } = require('@azure/functions');

const orders = output.generic({ type: 'kafka', topic: 'orders', brokerList: '%BrokerList%' });

app.http('orders', {
  methods: ['POST'],
  route: 'orders/{customer}',
  extraOutputs: [orders],
  handler: async (request, context) => {
    const lines = await request.json();
    context.extraOutputs.set(
      orders,
      lines.map((line) => ({
        Offset: 0,
        Partition: 0,
        Topic: '',
        Timestamp: new Date().toISOString(),
        Key: request.params.customer,
        Value: JSON.stringify(line),
        Headers: [{ Key: 'source', Value: 'web' }],
      })),
    );
    return { status: 202, jsonBody: { accepted: lines.length } };
  },
});

app.timer('report', {
  schedule: '%ReportSchedule%',
  return: orders,
  handler: () => 'the daily report',
});
