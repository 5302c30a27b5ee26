"""One client of the sidecar, with nothing but Python's standard library: sends messages in batches over one connection
and counts what was persisted. Run by index.ts; its last line is {"messages", "persisted", "seconds", "cpuSeconds"}.

    python3 client.py FORM ADDRESS BINDING TOPIC MESSAGES BATCH
"""
import http.client
import json
import sys
import time
import urllib.parse

FORM, ADDRESS, BINDING, TOPIC = sys.argv[1:5]
MESSAGES, BATCH = int(sys.argv[5]), int(sys.argv[6])


def value(number):
    return {"order": number, "customer": "customer-%d" % (number % 1000), "note": "x" * 60}


def ndjson(values):
    return "\n".join(map(json.dumps, values))


def rest_v2(values):
    return json.dumps({"records": [{"value": one} for one in values]})


def rest_v3(values):
    return "\n".join(json.dumps({"value": {"type": "JSON", "data": one}}) for one in values)


def outputs(values):
    return json.dumps({"Outputs": {BINDING: values}})


def dapr(values):
    return json.dumps({"operation": "create", "data": values[0]})


def in_summary(answer):
    return json.loads(answer.splitlines()[-1])["summary"]["persisted"]


def in_offsets(answer):
    return sum(one["error_code"] is None for one in json.loads(answer)["offsets"])


def in_answers(answer):
    return sum(json.loads(line)["error_code"] == 200 for line in answer.splitlines())


def in_outputs(answer):
    return sum(one["status"] == "persisted" for one in json.loads(answer)["Outputs"][BINDING])


NDJSON = "application/x-ndjson"
JSON = "application/json"
V2 = "application/vnd.kafka.json.v2+json"
FORMS = {
    "ndjson": ("/bindings/" + BINDING, NDJSON, ndjson, in_summary),
    "ndjson-failed": ("/bindings/" + BINDING + "?reports=failed", NDJSON, ndjson, in_summary),
    "rest-v2": ("/topics/" + TOPIC, V2, rest_v2, in_offsets),
    "rest-v3": ("/v3/clusters/c/topics/" + TOPIC + "/records", JSON, rest_v3, in_answers),
    "outputs": ("/outputs", JSON, outputs, in_outputs),
    "dapr": ("/v1.0/bindings/" + BINDING, JSON, dapr, lambda answer: 1),
}

path, content_type, write, count = FORMS[FORM]
connection = http.client.HTTPConnection(urllib.parse.urlsplit(ADDRESS).netloc)
persisted = 0
cpu_started, started = time.process_time(), time.monotonic()
for first in range(0, MESSAGES, BATCH):
    body = write([value(number) for number in range(first, min(MESSAGES, first + BATCH))]).encode()
    connection.request("POST", path, body, {"Content-Type": content_type})
    response = connection.getresponse()
    answer = response.read()
    if response.status >= 300:
        raise SystemExit("%d: %s" % (response.status, answer[:500].decode()))
    persisted += count(answer)
seconds, cpu_seconds = time.monotonic() - started, time.process_time() - cpu_started
print(json.dumps({"messages": MESSAGES, "persisted": persisted, "seconds": seconds, "cpuSeconds": cpu_seconds}))
