/** The public names: the output binding and what its results and errors are made of. */
export { BrokerError, type ErrorCode, KafkaHotpathError, TransportError, ValueError } from './errors.ts';
export type { ValidateHook } from './formats/json-format.ts';
export { RegistryError } from './registry/registry-error.ts';
export { DeliveryError } from './producer/delivery.ts';
export type {
  DeliveryReport,
  DeliveryReports,
  DeliveryStatus,
  PartitionerName,
  ProducerConfig,
  ProducerEvent,
  ProducerHandle,
  ProducerStats,
  RecordSource,
  RecordTarget,
} from './producer/api.ts';
export { openKafkaOutput } from './binding/kafka-output.ts';
export type { EngineInfo, KafkaOutput, KafkaOutputOptions } from './binding/output-api.ts';
export { type BindingConfig, type EffectiveProperty, resolveConfig, type SaslConfig } from './binding/config.ts';
export type { ProviderName } from './binding/cloud-providers.ts';
export type { ConfigOptions } from './binding/config-options.ts';
export { ConfigError, type ConfigProblem, type ConfigProblemCode } from './binding/config-error.ts';
export { readAppBinding } from './binding/function-app.ts';
export { readBindingFile, readSettingsFile } from './binding/json-files.ts';
export {
  type Bytes,
  type HeaderData,
  type Message,
  message,
  type MessageData,
  type MessageHeaders,
  type MessageInit,
} from './binding/message.ts';
export type { AzureQuirk, EnvelopeMode, InvalidMessages, KeyType, PayloadConfig } from './binding/payload.ts';
export { PROPERTIES } from './binding/properties.ts';
export type { Choice, PropertyKind, PropertySpec, PropertyValue } from './binding/property-spec.ts';
export type { SettingsInput } from './binding/settings.ts';
export type { TlsMaterial } from './binding/tls-material.ts';
