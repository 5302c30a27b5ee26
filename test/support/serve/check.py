"""What others say of the sidecar: on standard input {"document", "metrics", "exchanges"}, on standard output a JSON array
of complaints. The document is judged by openapi-spec-validator, the metrics by Prometheus' own parser, and each exchange
by the schemas that the document has for it.
"""
import json
import sys

from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from prometheus_client.parser import text_string_to_metric_families

given = json.load(sys.stdin)
document = given["document"]
complaints = []


def complain(what, error):
    complaints.append("%s: %s" % (what, str(error)[:300]))


def judge(what, schema, value):
    whole = dict(schema, components=document["components"])
    for error in OAS31Validator(whole).iter_errors(value):
        complain(what, error.message)


def judge_exchange(exchange):
    what = "%(method)s %(path)s %(status)d" % exchange
    operation = document["paths"].get(exchange["path"], {}).get(exchange["method"])
    if operation is None:
        return complain(what, "is not documented")
    if exchange["status"] < 300 and exchange.get("requestType"):
        request = operation["requestBody"]["content"].get(exchange["requestType"])
        if request is None:
            complain(what, "request of type %s is not documented" % exchange["requestType"])
        elif exchange["requestType"].endswith("json") and "ndjson" not in exchange["requestType"]:
            judge(what + " request", request["schema"], json.loads(exchange["requestBody"]))
    response = operation["responses"].get(str(exchange["status"]))
    if response is None:
        return complain(what, "status is not documented")
    content = response.get("content")
    if not content:
        return exchange["body"] and complain(what, "has a body, and none is documented")
    media = content.get(exchange["type"])
    if media is None:
        return complain(what, "answers with %s, documented is %s" % (exchange["type"], ", ".join(content)))
    if exchange["type"] == "application/x-ndjson":
        for line in exchange["body"].splitlines():
            judge(what, {"$ref": "#/components/schemas/NdjsonLine"}, json.loads(line))
    elif exchange["type"].endswith("json"):
        judge(what, media["schema"], json.loads(exchange["body"]))
    elif "schema" in media and media["schema"].get("type") != "string":
        complain(what, "a text must be documented as one")


def judge_metrics(text):
    families = list(text_string_to_metric_families(text))
    if not families:
        complain("metrics", "there are none")
    for family in families:
        if family.type == "unknown" or not family.documentation:
            complain(family.name, "has no type or no help")
        if family.type == "histogram":
            buckets = [one.value for one in family.samples if one.name.endswith("_bucket")]
            count = [one.value for one in family.samples if one.name.endswith("_count")]
            if buckets != sorted(buckets) or buckets[-1:] != count:
                complain(family.name, "its buckets do not add up")


for error in OpenAPIV31SpecValidator(document).iter_errors():
    complain("document", error)
for exchange in given["exchanges"]:
    judge_exchange(exchange)
try:
    judge_metrics(given["metrics"])
except ValueError as error:
    complain("metrics", error)
json.dump(complaints, sys.stdout)
