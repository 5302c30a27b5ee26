"""Lines of schema, tab, value in Avro's JSON form; for each, what fastavro writes for it, as hex."""

import io
import json
import sys

import fastavro


# The named types of the schema, for places that refer to them.
named = {}


def plain(schema):
    """The schema without logical types: the values come as they are written."""
    if isinstance(schema, list):
        return [plain(branch) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    without = {
        key: value if key in ("default", "symbols") else [plain(field) for field in value] if key == "fields" else plain(value)
        for key, value in schema.items()
        if key != "logicalType"
    }
    if "name" in schema and schema.get("type") in ("record", "enum", "fixed"):
        named[full_name(schema)] = without
    return without


def resolved(schema):
    return named.get(schema, schema) if isinstance(schema, str) else schema


def full_name(schema):
    if not isinstance(schema, dict):
        return schema
    if "name" not in schema:
        return schema["type"]
    return schema["name"] if not schema.get("namespace") else schema["namespace"] + "." + schema["name"]


def value_of(schema, value):
    """What fastavro takes: bytes as bytes, a value of a union as (branch, value)."""
    if isinstance(schema, list):
        if value is None:
            return None
        ((tag, inner),) = value.items()
        branch = next(branch for branch in schema if full_name(branch) == tag)
        return (tag, value_of(branch, inner)) if family(branch) == "record" else value_of(branch, inner)
    schema = resolved(schema)
    kind = schema["type"] if isinstance(schema, dict) else schema
    if kind in ("bytes", "fixed"):
        return value.encode("latin-1")
    if kind == "record":
        return {field["name"]: value_of(field["type"], value[field["name"]]) for field in schema["fields"]}
    if kind == "array":
        return [value_of(schema["items"], item) for item in value]
    if kind == "map":
        return {key: value_of(schema["values"], item) for key, item in value.items()}
    return value


def family(branch):
    branch = resolved(branch)
    kind = branch["type"] if isinstance(branch, dict) else branch
    if kind in ("int", "long", "float", "double", "boolean"):
        return "number"
    # Bytes pass for an array of ints.
    if kind in ("bytes", "fixed", "array"):
        return "sequence"
    return "text" if kind in ("string", "enum") else kind


def is_decidable(schema):
    """fastavro takes a tag for records only; of the others, two that look alike cannot be told apart."""
    if isinstance(schema, list):
        families = [family(branch) for branch in schema]
        bare = [name for name in families if name != "record"]
        return len(set(bare)) == len(bare) and not {"map", "record"} <= set(families) and all(map(is_decidable, schema))
    if not isinstance(schema, dict):
        return True
    parts = [field["type"] for field in schema.get("fields", [])]
    parts += [schema[key] for key in ("items", "values") if key in schema]
    return all(map(is_decidable, parts))


for line in io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8"):
    schema_text, value_text = line.rstrip("\n").split("\t", 1)
    named.clear()
    schema = plain(json.loads(schema_text))
    if not is_decidable(schema):
        print("undecided")
        continue
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), value_of(schema, json.loads(value_text)))
    print(out.getvalue().hex())
