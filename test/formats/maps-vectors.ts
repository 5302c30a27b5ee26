/** Made by protoc 1.85.1 of grpcio-tools out of maps.proto beside this file, with --include_imports. */
export const MAPS_DESCRIPTOR_SET = Buffer.from(
  'Cv8BCh9nb29nbGUvcHJvdG9idWYvdGltZXN0YW1wLnByb3RvEg9nb29nbGUucHJvdG9idWYiOwoJVGltZXN0YW1wEhgKB3NlY29uZHMY' +
    'ASABKANSB3NlY29uZHMSFAoFbmFub3MYAiABKAVSBW5hbm9zQoUBChNjb20uZ29vZ2xlLnByb3RvYnVmQg5UaW1lc3RhbXBQcm90b1AB' +
    'WjJnb29nbGUuZ29sYW5nLm9yZy9wcm90b2J1Zi90eXBlcy9rbm93bi90aW1lc3RhbXBwYvgBAaICA0dQQqoCHkdvb2dsZS5Qcm90b2J1' +
    'Zi5XZWxsS25vd25UeXBlc2IGcHJvdG8zCokHCgptYXBzLnByb3RvEglzaG9wLm1hcHMaH2dvb2dsZS9wcm90b2J1Zi90aW1lc3RhbXAu' +
    'cHJvdG8iIQoFRmlyc3QSGAoHbWVzc2FnZRgBIAEoCVIHbWVzc2FnZSK4BQoFT3V0ZXISMQoFZWFybHkYASADKAsyGy5zaG9wLm1hcHMu' +
    'T3V0ZXIuRWFybHlFbnRyeVIFZWFybHkSLgoEbGF0ZRgCIAMoCzIaLnNob3AubWFwcy5PdXRlci5MYXRlRW50cnlSBGxhdGUaOAoKRWFy' +
    'bHlFbnRyeRIQCgNrZXkYASABKAlSA2tleRIUCgV2YWx1ZRgCIAEoBVIFdmFsdWU6AjgBGvkCCgZNaWRkbGUSNQoEZGVlcBgBIAMoCzIh' +
    'LnNob3AubWFwcy5PdXRlci5NaWRkbGUuRGVlcEVudHJ5UgRkZWVwEg4KAWEYAyABKAVIAFIBYRIOCgFiGAQgASgFSABSAWISNQoEbW9y' +
    'ZRgCIAMoCzIhLnNob3AubWFwcy5PdXRlci5NaWRkbGUuTW9yZUVudHJ5UgRtb3JlGlUKCURlZXBFbnRyeRIQCgNrZXkYASABKAlSA2tl' +
    'eRIyCgV2YWx1ZRgCIAEoCzIcLnNob3AubWFwcy5PdXRlci5NaWRkbGUuRGVlcFIFdmFsdWU6AjgBGhQKBERlZXASDAoBeRgBIAEoBVIB' +
    'eRo3CglNb3JlRW50cnkSEAoDa2V5GAEgASgFUgNrZXkSFAoFdmFsdWUYAiABKAVSBXZhbHVlOgI4ARo0CgZEZWVwZXISKgoCYXQYASAB' +
    'KAsyGi5nb29nbGUucHJvdG9idWYuVGltZXN0YW1wUgJhdEIFCgNvbmUaFAoETGFzdBIMCgFxGAEgASgFUgFxGk4KCUxhdGVFbnRyeRIQ' +
    'CgNrZXkYASABKAlSA2tleRIrCgV2YWx1ZRgCIAEoCzIVLnNob3AubWFwcy5PdXRlci5MYXN0UgV2YWx1ZToCOAEaGAoIVmVyeUxhc3QS' +
    'DAoBcRgBIAEoBVIBcSISCgZJbnNpZGUSCAoEWkVSTxAAOgIYASIHCgVUaGlyZCoQCgRLaW5kEggKBE5PTkUQADI5CgdOb3RoaW5nEi4K' +
    'A0dldBIQLnNob3AubWFwcy5GaXJzdBoQLnNob3AubWFwcy5PdXRlciIDiAIBQhMKEW1lc3NhZ2UgTmVpdGhlciB7YgZwcm90bzM=',
  'base64',
);

/**
 * Message, its indexes in maps.proto as Confluent's Java counts them in a text (ProtobufSchema.toMessageName), and
 * those that Confluent's Python serializer (confluent-kafka 2.16.1) writes, which registers the descriptor with its
 * entries of maps.
 */
export const MAPS_INDEXES: readonly (readonly [string, string, string])[] = [
  ['First', '00', '00'],
  ['Outer', '0202', '0202'],
  ['Outer.Middle', '040200', '040202'],
  ['Outer.Middle.Deep', '06020000', '06020202'],
  ['Outer.Middle.Deeper', '06020002', '06020206'],
  ['Outer.Last', '040202', '040204'],
  ['Outer.VeryLast', '040204', '040208'],
  ['Third', '0204', '0204'],
];
