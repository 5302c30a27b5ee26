/**
 * The response of an Azure Functions custom handler, handed to the sidecar instead of the host: the value under the
 * binding's name becomes messages as if a function had set it on the binding.
 */
import { itemsOf } from '../binding/values.ts';
import { deliver, deliveryProblem, firstFailure, reportFields } from './deliver.ts';
import { bindingName, type Exchange, plainProblem, type Reply, type Route } from './exchange.ts';
import { malformed } from './problem.ts';
import { isObject, readObject, requireMediaType } from './read-json.ts';

export const customHandlerRoute: Route = {
  name: 'custom-handler',
  methods: ['POST'],
  path: ['outputs'],
  handle: takeOutputs,
  problemReply: plainProblem,
};

/** The name of a binding that takes what the function returns. */
const RETURN_NAME = '$return';

async function takeOutputs(exchange: Exchange): Promise<Reply> {
  requireMediaType(exchange, ['application/json']);
  const name = bindingName(exchange.service.output);
  const { azureQuirks } = exchange.service.output.config.payload;
  const items = itemsOf(readValue(await readObject(exchange), name), azureQuirks);
  const reports = await deliver(exchange, items);
  const failure = firstFailure(reports);
  const topicJson = JSON.stringify(reports.topic);
  const texts = Array.from(reports, (report) => `{${reportFields(report, topicJson)}}`);
  const outputs = `"Outputs":{${JSON.stringify(name)}:[${texts.join(',')}]}}`;
  if (failure === undefined) return { status: 200, body: `{${outputs}` };
  const { status, code, message, headers } = deliveryProblem(failure);
  // As in the host, one message that fails is a failed invocation; the reports say which are stored all the same.
  return { status, headers, body: `{"errorCode":"${code}","message":${JSON.stringify(message)},${outputs}` };
}

function readValue(body: Readonly<Record<string, unknown>>, name: string): unknown {
  const { Outputs: outputs = {}, Logs: logs = [], ReturnValue: returned = null } = body;
  for (const field of Object.keys(body)) {
    if (!['Outputs', 'Logs', 'ReturnValue'].includes(field)) {
      throw malformed('the body has an unknown field; its fields: Outputs, Logs, ReturnValue');
    }
  }
  if (outputs !== null && !isObject(outputs)) throw malformed('Outputs must be an object of values by binding name');
  if (logs !== null && !Array.isArray(logs)) throw malformed('Logs must be an array');
  for (const other of Object.keys(outputs ?? {})) {
    if (other !== name) throw malformed(`Outputs has a name that is not "${name}", the only binding of this sidecar`);
  }
  if (name === RETURN_NAME) return returned ?? outputs?.[name];
  if (returned !== null) throw malformed(`ReturnValue has nowhere to go: the binding "${name}" is not "$return"`);
  return outputs?.[name];
}
