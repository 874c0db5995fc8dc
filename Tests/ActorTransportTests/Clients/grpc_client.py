"""Calls a member of a cluster with the public Python client of gRPC. Usage: grpc_client.py PORT

Whatever it knows of our services and messages it asks the server for, by reflection.
"""
import pathlib
import sys

import grpc
from google.protobuf import descriptor_pool, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_reflection.v1alpha import reflection_pb2

options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
channel = grpc.insecure_channel(f"127.0.0.1:{sys.argv[1]}", options=options)
grpc.channel_ready_future(channel).result(timeout=20)
TIMEOUT = 60
SCHEMA = list((pathlib.Path(__file__).parents[3] / "proto/apus/v1").glob("*.proto"))
RUNNER = (("apus-actor", "runner"),)

database = ProtoReflectionDescriptorDatabase(channel)
pool = descriptor_pool.DescriptorPool(database)


def message(name, **fields):
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))(**fields)


def method(path):
    service, name = path[1:].split("/")
    found = pool.FindServiceByName(service).FindMethodByName(name)
    answer = message_factory.GetMessageClass(found.output_type)
    make = channel.unary_stream if found.server_streaming else channel.unary_unary
    return make(path, request_serializer=lambda request: request.SerializeToString(),
                response_deserializer=answer.FromString)


def raw(path):
    return channel.unary_unary(path, request_serializer=bytes, response_deserializer=bytes)


def refused(call, code, details=None):
    try:
        call()
    except grpc.RpcError as error:
        assert error.code() == code, (error.code(), error.details())
        assert details is None or error.details() == details, error.details()
    else:
        raise AssertionError(f"answered, and not refused with {code}")


# Reflection
services = set(database.get_services())
assert {"apus.v1.Shard", "apus.v1.Query", "apus.v1.Runner", "apus.v1.RunnerReports", "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"} <= services, services
runner = pool.FindServiceByName("apus.v1.Runner")
assert {found.name: found.server_streaming for found in runner.methods} == {
    "Launch": False, "Stop": False, "Unknown": False, "Remove": False, "Logs": True, "Artifact": True}
assert pool.FindMessageTypeByName("apus.v1.PodReport").fields_by_name["phase"].number == 4
for unknown_name in ("apus.v1.Nobody", "apus", ""):
    try:
        pool.FindMessageTypeByName(unknown_name)
    except KeyError:
        continue
    raise AssertionError(f"there is a {unknown_name}")


def conversation(path, requests, ask_after_answer):
    """Asks one thing after another on one stream; where so told, only when the last was answered."""
    import queue
    waiting = queue.Queue()
    call = channel.stream_stream(path, request_serializer=lambda request: request.SerializeToString(),
                                 response_deserializer=reflection_pb2.ServerReflectionResponse.FromString)(
        iter(waiting.get, None), timeout=TIMEOUT)
    answers = []
    for request in requests:
        waiting.put(request)
        if ask_after_answer:
            answers.append(next(call))
    waiting.put(None)
    answers += list(call)
    return answers


Request = reflection_pb2.ServerReflectionRequest
for version in ("v1", "v1alpha"):
    for ask_after_answer in (True, False):
        answers = conversation(f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo", [
            Request(list_services="*"), Request(file_by_filename="apus/v1/pods.proto"),
            Request(file_containing_symbol="apus.v1.Runner.Launch"), Request(file_containing_symbol="x", host="h"),
            Request(all_extension_numbers_of_type="apus.v1.PodReport"), Request()], ask_after_answer)
        kinds = [answer.WhichOneof("message_response") for answer in answers]
        assert kinds == ["list_services_response", "file_descriptor_response", "file_descriptor_response",
                         "error_response", "all_extension_numbers_response", "error_response"], kinds
        assert len(answers[1].file_descriptor_response.file_descriptor_proto) == 1
        # The services' own file and all that it imports.
        assert len(answers[2].file_descriptor_response.file_descriptor_proto) == len(SCHEMA)
        assert answers[3].error_response.error_code == 5 and answers[3].valid_host == "h"
        assert answers[3].original_request.file_containing_symbol == "x"
# A stream that is given up, and one with rubbish, harm nobody.
info = channel.stream_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                             request_serializer=bytes, response_deserializer=bytes)
refused(lambda: list(info(iter([b"\xff\xff"]), timeout=TIMEOUT)), grpc.StatusCode.INVALID_ARGUMENT)
refused(lambda: list(info(iter([b"x" * 100_000]), timeout=TIMEOUT)), grpc.StatusCode.RESOURCE_EXHAUSTED)

# Health
check = method("/grpc.health.v1.Health/Check")
assert check(message("grpc.health.v1.HealthCheckRequest"), timeout=TIMEOUT).status == 1
refused(lambda: check(message("grpc.health.v1.HealthCheckRequest", service="x"), timeout=TIMEOUT),
        grpc.StatusCode.NOT_FOUND)
watch = method("/grpc.health.v1.Health/Watch")(message("grpc.health.v1.HealthCheckRequest"), timeout=TIMEOUT)
assert next(watch).status == 1
watch.cancel()

# Calls
unknown = method("/apus.v1.Runner/Unknown")
for size in (0, 1, 1000, 100_000, 1_000_000):
    identities = message("apus.v1.PodIdentities", items=[{"workflow_uid": "u", "node_id": "n" * size, "attempt": 1}])
    assert unknown(identities, metadata=RUNNER, timeout=TIMEOUT) == identities, size
none = message("apus.v1.PodIdentities")
futures = [unknown.future(none, metadata=RUNNER, timeout=TIMEOUT) for _ in range(1000)]
assert all(future.result() == none for future in futures)

# Statuses
refused(lambda: raw("/apus.v1.Runner/Nothing")(b"", metadata=RUNNER, timeout=TIMEOUT),
        grpc.StatusCode.UNIMPLEMENTED, "unknown method /apus.v1.Runner/Nothing")
refused(lambda: unknown(none, metadata=(("apus-actor", "shard/3"),), timeout=TIMEOUT), grpc.StatusCode.NOT_FOUND)
refused(lambda: unknown(none, timeout=TIMEOUT), grpc.StatusCode.INVALID_ARGUMENT)
refused(lambda: raw("/apus.v1.Runner/Unknown")(b"[", metadata=RUNNER, timeout=TIMEOUT),
        grpc.StatusCode.INVALID_ARGUMENT, "the message is no apus.v1.PodIdentities")
nul = message("apus.v1.PodIdentities", items=[{"node_id": "a\0b"}])
refused(lambda: unknown(nul, metadata=RUNNER, timeout=TIMEOUT),
        grpc.StatusCode.INVALID_ARGUMENT, "apus.v1.PodIdentity.node_id holds a NUL: remove it")
refused(lambda: method("/apus.v1.Runner/Stop")(message("apus.v1.PodStops", items=[{}]), metadata=RUNNER,
                                               timeout=TIMEOUT),
        grpc.StatusCode.FAILED_PRECONDITION, "no room")
refused(lambda: method("/apus.v1.Runner/Launch")(message("apus.v1.PodLaunches", items=[{}]), metadata=RUNNER,
                                                 timeout=0.2),
        grpc.StatusCode.DEADLINE_EXCEEDED)

# Streams
logs = method("/apus.v1.Runner/Logs")
lines = logs(message("apus.v1.PodLogRequest"), metadata=RUNNER, timeout=TIMEOUT)
for number in range(1, 5001):
    assert next(lines).pods[0].lines[0].content == f"line {number}".encode()
lines.cancel()
follow = logs(message("apus.v1.PodLogRequest", lines={"follow": True}), metadata=RUNNER, timeout=TIMEOUT)
assert next(follow).pods[0].lines[0].content == b"first"
follow.cancel()
parts = list(method("/apus.v1.Runner/Artifact")(message("apus.v1.StoredArtifact"), metadata=RUNNER, timeout=TIMEOUT))
assert parts[0].header.file_name == "a.tgz" and b"".join(part.data for part in parts[1:]) == bytes([0, 1, 2, 3, 255])

channel.close()
print("ok")
