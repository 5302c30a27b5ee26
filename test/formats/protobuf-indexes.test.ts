/** Where a Protobuf message lies: by itself, and in the schema that a registry has, in each of its spellings. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { DescriptorProtoSchema, FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { openProtobufFormat } from '../../src/formats/protobuf-format.ts';
import { MAPS_DESCRIPTOR_SET, MAPS_INDEXES } from './maps-vectors.ts';

const TEXT = readFileSync(new URL('maps.proto', import.meta.url), 'utf8');
const file = fromBinary(FileDescriptorSetSchema, MAPS_DESCRIPTOR_SET).file.find(({ name }) => name === 'maps.proto');
assert.ok(file !== undefined);
const DESCRIPTOR = Buffer.from(toBinary(FileDescriptorProtoSchema, file)).toString('base64');

/** As Java's serializer spells a map when it registers by itself: a message of its own, where the descriptor has it. */
const SPELLED = TEXT.replace('map<string, int32> early', 'repeated EarlyEntry early')
  .replace('enum Inside {', 'message EarlyEntry { option map_entry = true; string key = 1; int32 value = 2; }\n$&')
  .replace('map<string, Deep> deep', 'repeated DeepEntry deep')
  .replace('message Deep {', 'message DeepEntry { option map_entry = true; string key = 1; Deep value = 2; }\n$&')
  .replace('message Deeper {', 'message MoreEntry { option map_entry = true; int32 key = 1; int32 value = 2; }\n$&')
  .replace('message VeryLast {', 'message LateEntry { option map_entry = true; string key = 1; Last value = 2; }\n$&');

async function indexesOf(message: string, registered?: string): Promise<string | undefined> {
  const schema = { descriptorSet: MAPS_DESCRIPTOR_SET, message: `shop.maps.${message}` };
  const format = await openProtobufFormat(schema, { strict: false });
  const indexes = format.indexes?.(registered);
  return indexes && Buffer.from(indexes).toString('hex');
}

describe('where a message lies in its schema', () => {
  for (const [message, inText, inDescriptor] of MAPS_INDEXES) {
    it(`${message} is at ${inText} of the text, at ${inDescriptor} where entries of maps are declared`, async () => {
      assert.equal(await indexesOf(message), inText);
      assert.equal(await indexesOf(message, TEXT), inText);
      assert.equal(await indexesOf(message, DESCRIPTOR), inDescriptor);
      assert.equal(await indexesOf(message, SPELLED), inDescriptor);
    });
  }

  it('goes by the order of the registered text, not of the descriptor set', async () => {
    const other =
      'package shop.maps; message Third {} message New { } message Outer { message New {} message Last {} }';
    assert.equal(await indexesOf('Third', other), '00');
    assert.equal(await indexesOf('Outer.Last', other), '040402');
  });

  it('beyond 63 takes varints of two bytes', async () => {
    const before = Array.from({ length: 300 }, (_, index) => `message M${index} {}`).join('\n');
    assert.equal(await indexesOf('Third', `package shop.maps;${before}message Third{}`), '02d804');
  });

  it('is nowhere in a schema that has it not, has another package, or is none', async () => {
    const none = [
      TEXT.replace('message Third', 'message Fourth'),
      TEXT.replace('package shop.maps', 'package shop'),
      'package shop.maps; message Other { message Third {} }',
      'package shop.maps; enum Third { A = 0; }',
      'package shop.maps; // message Third {}',
      'package shop.maps; option x = "message Third {"; option y = \'message Third {\';',
      '',
      'not base64 at all',
      Buffer.from([255, 255]).toString('base64'),
    ];
    for (const text of none) assert.equal(await indexesOf('Third', text), undefined, text);
    const empty = create(FileDescriptorProtoSchema, {
      package: 'shop.maps',
      messageType: [create(DescriptorProtoSchema, { name: 'Other' })],
    });
    const base64 = Buffer.from(toBinary(FileDescriptorProtoSchema, empty)).toString('base64');
    assert.equal(await indexesOf('Third', base64), undefined);
  });
});
