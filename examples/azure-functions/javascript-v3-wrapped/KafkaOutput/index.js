/** The v3 model: the handler stays as it is, and is wrapped where it is exported. */
const { withKafkaOutput } = require('kafka-hotpath/azure-functions');

module.exports = withKafkaOutput(async function (context, req) {
  const message = req.query.message;
  context.bindings.outputKafkaMessage = message;
  context.res = { body: `Message sent: ${message}` };
});
