"""Reads topics as Confluent's own Python client does: librdkafka's consumer, and the deserializers of its registry.

One JSON line in for each topic: {"brokers", "registry", "topic", "key"?, "value"?}; key and value are
{"type": "avro" | "json"} or {"type": "protobuf", "descriptors": FILE, "message": NAME}; with "again" what was read from
Protobuf is serialized again, by Confluent's serializer that registers the descriptor, and has to give the same bytes. One JSON line out for each: a list of {"key", "value"}, null for what is not there, {"refused": …} for what the
deserializer refuses.
"""

import base64
import json
import sys

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext, SerializationError
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

SUBJECTS = {"subject.name.strategy.type": "TOPIC"}


def message_class(path, name):
    with open(path, "rb") as file:
        descriptors = descriptor_pb2.FileDescriptorSet.FromString(file.read())
    pool = descriptor_pool.DescriptorPool()
    for one in descriptors.file:
        pool.Add(one)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


def deserializer(spec, registry):
    if spec is None:
        return lambda data, context: None if data is None else data.hex()
    if spec["type"] == "avro":
        return AvroDeserializer(registry, conf=SUBJECTS)
    if spec["type"] == "json":
        return JSONDeserializer(None, schema_registry_client=registry, conf=SUBJECTS)
    kind = message_class(spec["descriptors"], spec["message"])
    read = ProtobufDeserializer(kind, SUBJECTS)
    write = ProtobufSerializer(kind, registry, SUBJECTS) if spec.get("again") else None

    def of_message(data, context):
        message = read(data, context)
        if message is None:
            return None
        again = data if write is None else write(message, context)
        if again != data:
            return {"refused": f"serialized again it is {again.hex()}, not {data.hex()}"}
        return [message.DESCRIPTOR.full_name, json_format.MessageToDict(message)]

    return of_message


def shown(value):
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    # A long beyond 2^53 would be rounded on the way.
    return str(value) if isinstance(value, int) and abs(value) > 2**53 else value


def field(read, data, context):
    try:
        value = read(data, context)
    except SerializationError as error:
        return {"refused": str(error)}
    return {name: shown(member) for name, member in value.items()} if isinstance(value, dict) else shown(value)


def records(spec):
    registry = SchemaRegistryClient({"url": spec["registry"]})
    topic = spec["topic"]
    readers = [
        (deserializer(spec.get(name), registry), SerializationContext(topic, kind))
        for name, kind in (("key", MessageField.KEY), ("value", MessageField.VALUE))
    ]
    consumer = Consumer(
        {"bootstrap.servers": spec["brokers"], "group.id": "reader", "enable.auto.commit": False, "check.crcs": True}
    )
    try:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=60)
        consumer.assign([TopicPartition(topic, 0, low)])
        found = []
        for _ in range(low, high):
            record = consumer.poll(60)
            if record is None or record.error():
                raise RuntimeError(record and record.error() or "no record came")
            (read_key, key), (read_value, value) = readers
            found.append(
                {"key": field(read_key, record.key(), key), "value": field(read_value, record.value(), value)}
            )
        return found
    finally:
        consumer.close()


for line in sys.stdin:
    print(json.dumps(records(json.loads(line))), flush=True)
