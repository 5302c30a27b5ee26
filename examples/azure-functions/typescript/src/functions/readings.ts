/** Outputs of kafka-hotpath's own, which need no Kafka extension in the host: this runs in Azure, and in our host. */
import { app, type HttpRequest, type HttpResponseInit, type InvocationContext } from '@azure/functions';
import { installKafkaOutputs, kafkaOutput } from 'kafka-hotpath/azure-functions';

const readings = kafkaOutput({ topic: 'readings', brokerList: '%BrokerList%' });

installKafkaOutputs(app, { partialFailure: 'fail' });

app.post('readings', async (request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> => {
  context.extraOutputs.set(readings, (await request.text()).trim().split('\n'));
  // The caller gets this once every line is in Kafka, and 500 when one is not.
  return { status: 204 };
});
