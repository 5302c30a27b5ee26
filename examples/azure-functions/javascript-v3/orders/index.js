/** A function of the v3 model as Azure documents it: nothing here knows kafka-hotpath, whose host delivers. */
module.exports = async function (context, req) {
  const lines = req.body;
  context.bindings.orders = lines.map((line) => ({
    Offset: 0,
    Partition: 0,
    Topic: '',
    Timestamp: new Date().toISOString(),
    Key: req.params.customer,
    Value: JSON.stringify(line),
    Headers: [{ Key: 'source', Value: 'web' }],
  }));
  context.res = { status: 202, body: { accepted: lines.length } };
};
