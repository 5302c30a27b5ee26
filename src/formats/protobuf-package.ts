/** The optional package @bufbuild/protobuf, loaded when a schema asks for it. */
import type * as Protobuf from '@bufbuild/protobuf';
import type * as WellKnown from '@bufbuild/protobuf/wkt';
import { KafkaHotpathError } from '../errors.ts';

export type ProtobufPackage = Pick<
  typeof Protobuf,
  'createFileRegistry' | 'fromBinary' | 'fromJson' | 'toBinary' | 'toJson'
> &
  Pick<typeof WellKnown, 'FileDescriptorProtoSchema' | 'FileDescriptorSetSchema'>;

/** Replaced in tests of what a missing package looks like. */
export type LoadPackage = (name: string) => Promise<unknown>;

/** Rejects with ERR_PROTOBUF_PACKAGE. */
export async function loadProtobuf(load: LoadPackage = (name) => import(name)): Promise<ProtobufPackage> {
  try {
    const [core, wellKnown] = await Promise.all([load('@bufbuild/protobuf'), load('@bufbuild/protobuf/wkt')]);
    return { ...(core as typeof Protobuf), ...(wellKnown as typeof WellKnown) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const what = /MODULE_NOT_FOUND/.test(code) ? 'is not installed' : 'cannot be loaded';
    throw new KafkaHotpathError(
      'ERR_PROTOBUF_PACKAGE',
      `Protobuf needs the package @bufbuild/protobuf, which ${what}: npm install @bufbuild/protobuf@2`,
      { cause: error },
    );
  }
}
