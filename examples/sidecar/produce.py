"""Sends messages to Kafka through the sidecar, with nothing but Python's standard library.

    kafka-hotpath serve --binding function.json --port 8082
    SIDECAR=http://127.0.0.1:8082 BINDING=orders python3 produce.py

With COUNT=100000 it streams that many messages in batches and prints how many a second were persisted.
"""
import json
import os
import time
import urllib.request

SIDECAR = os.environ.get("SIDECAR", "http://127.0.0.1:8082")
BINDING = os.environ.get("BINDING", "orders")
TOKEN = os.environ.get("KAFKA_HOTPATH_SERVE_TOKEN")
BATCH = 2000


def post(path, content_type, body):
    """A status of 400 or more is raised as urllib.error.HTTPError; its body says why."""
    request = urllib.request.Request(SIDECAR + path, data=body, headers={"Content-Type": content_type})
    if TOKEN:
        request.add_header("Authorization", "Bearer " + TOKEN)
    with urllib.request.urlopen(request, timeout=60) as response:
        return response.read()


def send_one(value, key):
    """Returns when the message is persisted."""
    call = {"operation": "create", "data": value, "metadata": {"key": key}}
    post("/v1.0/bindings/" + BINDING, "application/json", json.dumps(call).encode())


def send_many(values, reports="all"):
    """Returns the delivery reports, or those of failures only, and their summary."""
    body = "\n".join(json.dumps(value) for value in values).encode()
    path = "/bindings/" + BINDING + "?reports=" + reports
    lines = post(path, "application/x-ndjson", body).splitlines()
    reports = [json.loads(line) for line in lines]
    return reports[:-1], reports[-1]["summary"]


def measure(count):
    started = time.monotonic()
    persisted = 0
    for first in range(0, count, BATCH):
        values = ["message %d" % number for number in range(first, min(count, first + BATCH))]
        persisted += send_many(values, reports="failed")[1]["persisted"]
    seconds = time.monotonic() - started
    print("%d persisted, %d a second" % (persisted, persisted / seconds))


if "COUNT" in os.environ:
    measure(int(os.environ["COUNT"]))
else:
    send_one({"order": 1}, key="customer-7")
    reports, summary = send_many([{"order": 2}, "three", ["four", "five"]])
    for report in reports:
        print("line %(line)d: %(status)s at %(partition)d/%(offset)s" % report)
    print("%(persisted)d of %(messages)d persisted" % summary)
