/**
 * Kafka outputs for Azure Functions in JavaScript and TypeScript, without the host's Kafka extension. Nothing here
 * imports @azure/functions: its `app` and its contexts are taken as they come.
 */
export { kafkaOutput, type KafkaOutputDefinition, type KafkaOutputProperties } from './definition.ts';
export { installKafkaOutputs } from './install.ts';
export { type InvocationNotes, KafkaOutputs, type KafkaOutputsOptions, type SetValue } from './outputs.ts';
export type {
  BindingProperties,
  FunctionsApp,
  InvocationContextLike,
  PostInvocationLike,
  PreInvocationLike,
  V3ContextLike,
} from './runtime.ts';
export { closeKafkaOutputs, withKafkaOutput, type WithKafkaOutputOptions } from './wrap.ts';
