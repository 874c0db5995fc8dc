"""Calls a member of a cluster with the public Python client of gRPC. Usage: grpc_client.py PORT"""
import json
import sys

import grpc

options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
channel = grpc.insecure_channel(f"127.0.0.1:{sys.argv[1]}", options=options)
grpc.channel_ready_future(channel).result(timeout=20)
TIMEOUT = 60
RUNNER = (("apus-actor", "runner"),)


def unary(path):
    return channel.unary_unary(path, request_serializer=bytes, response_deserializer=bytes)


def stream(path):
    return channel.unary_stream(path, request_serializer=bytes, response_deserializer=bytes)


def refused(call, code, details=None):
    try:
        call()
    except grpc.RpcError as error:
        assert error.code() == code, (error.code(), error.details())
        assert details is None or error.details() == details, error.details()
    else:
        raise AssertionError(f"answered, and not refused with {code}")


def contents(batch):
    """The lines of a batch: a name of a pod after a 0; a time and a line after a 1."""
    lines, at = [], 0
    while at < len(batch):
        start = at + (1 if batch[at] == 0 else 9)
        length = int.from_bytes(batch[start:start + 4], "little")
        if batch[at] == 1:
            lines.append(batch[start + 4:start + 4 + length].decode())
        at = start + 4 + length
    return lines


# Health
assert unary("/grpc.health.v1.Health/Check")(b"", timeout=TIMEOUT) == b"\x08\x01"
refused(lambda: unary("/grpc.health.v1.Health/Check")(b"\x0a\x01x", timeout=TIMEOUT), grpc.StatusCode.NOT_FOUND)
watch = stream("/grpc.health.v1.Health/Watch")(b"", timeout=TIMEOUT)
assert next(watch) == b"\x08\x01"
watch.cancel()

# Calls
unknown = unary("/apus.v1.Runner/Unknown")
for size in (0, 1, 1000, 100_000, 1_000_000):
    message = json.dumps([[{"workflowUID": "u", "nodeID": "n" * size, "attempt": 1}]]).encode()
    answer = json.loads(unknown(message, metadata=RUNNER, timeout=TIMEOUT))
    assert answer[0].get("nodeID", "") == "n" * size, size
futures = [unknown.future(b"[[]]", metadata=RUNNER, timeout=TIMEOUT) for _ in range(1000)]
assert all(future.result() == b"[]" for future in futures)

# Statuses
refused(lambda: unary("/apus.v1.Runner/Nothing")(b"[]", metadata=RUNNER, timeout=TIMEOUT),
        grpc.StatusCode.UNIMPLEMENTED, "unknown method /apus.v1.Runner/Nothing")
refused(lambda: unknown(b"[[]]", metadata=(("apus-actor", "shard/3"),), timeout=TIMEOUT), grpc.StatusCode.NOT_FOUND)
refused(lambda: unknown(b"[[]]", timeout=TIMEOUT), grpc.StatusCode.INVALID_ARGUMENT)
refused(lambda: unknown(b"[", metadata=RUNNER, timeout=TIMEOUT), grpc.StatusCode.INVALID_ARGUMENT)
refused(lambda: unary("/apus.v1.Runner/Stop")(b"[[{}]]", metadata=RUNNER, timeout=TIMEOUT),
        grpc.StatusCode.FAILED_PRECONDITION, "no room")
refused(lambda: unary("/apus.v1.Runner/Launch")(b"[[{}]]", metadata=RUNNER, timeout=0.2),
        grpc.StatusCode.DEADLINE_EXCEEDED)

# Streams
lines = stream("/apus.v1.Runner/Logs")(b"{}", metadata=RUNNER, timeout=TIMEOUT)
for number in range(1, 5001):
    assert contents(next(lines)) == [f"line {number}"]
lines.cancel()
follow = stream("/apus.v1.Runner/Logs")(b'{"lines": {"follow": true}}', metadata=RUNNER, timeout=TIMEOUT)
assert contents(next(follow)) == ["first"]
follow.cancel()

channel.close()
print("ok")
