"""The child process of dicom_module.py: loads the driver, and passes messages between it and standard input and output.

A line is a JSON object: id, kind, fields (pairs), body (base64). The first line on standard input holds the options.
"""
import base64
import ctypes
import json
import os
import sys
import threading


class Bytes(ctypes.Structure):
    _fields_ = [("bytes", ctypes.c_void_p), ("count", ctypes.c_size_t)]


class ServiceMessage(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("reserved", ctypes.c_uint32), ("id", ctypes.c_uint64),
                ("head", Bytes), ("body", Bytes)]


EMIT = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(ServiceMessage))


class ServiceHost(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("reserved", ctypes.c_uint32), ("context", ctypes.c_void_p),
                ("emit", EMIT)]


class Service(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("reserved", ctypes.c_uint32),
                ("start", ctypes.CFUNCTYPE(ctypes.c_int32, Bytes, ctypes.POINTER(ServiceHost),
                                           ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(Bytes))),
                ("handle", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(ServiceMessage))),
                ("stop", ctypes.CFUNCTYPE(None, ctypes.c_void_p))]


class Driver(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("abi_version", ctypes.c_uint32), ("name", ctypes.c_char_p),
                ("version", ctypes.c_char_p), ("calls", ctypes.c_void_p * 8), ("kind", ctypes.c_uint32),
                ("reserved", ctypes.c_uint32), ("service", ctypes.POINTER(Service))]


def buffer(data):
    held = ctypes.create_string_buffer(data, len(data))
    return held, Bytes(ctypes.cast(held, ctypes.c_void_p), len(data))


def main():
    module = ctypes.CDLL(sys.argv[1])
    module.hilum_driver_entry.restype = ctypes.POINTER(Driver)
    driver = module.hilum_driver_entry(1).contents
    service = driver.service.contents
    output = os.fdopen(os.dup(1), "w")
    lock = threading.Lock()

    def say(document):
        with lock:
            output.write(json.dumps(document) + "\n")
            output.flush()

    def emitted(_, message):
        message = message.contents
        head = ctypes.string_at(message.head.bytes, message.head.count).decode("utf-8", "replace").split("\x1f")
        body = ctypes.string_at(message.body.bytes, message.body.count) if message.body.count else b""
        say({"id": message.id, "kind": head[0], "fields": [f.split("=", 1) for f in head[1:]],
             "body": base64.b64encode(body).decode()})

    emit = EMIT(emitted)
    host = ServiceHost(ctypes.sizeof(ServiceHost), 0, None, emit)
    instance = ctypes.c_void_p()
    error = Bytes()
    held, options = buffer(sys.stdin.buffer.readline().strip())
    code = service.start(options, ctypes.byref(host), ctypes.byref(instance), ctypes.byref(error))
    reason = ctypes.string_at(error.bytes, error.count).decode() if code else ""
    say({"id": 0, "kind": "started", "fields": [["code", str(code)], ["error", reason]], "body": ""})
    if code:
        return
    for line in sys.stdin.buffer:
        document = json.loads(line)
        head = "\x1f".join([document["kind"]] + [f"{k}={v}" for k, v in document["fields"]])
        head_held, head_bytes = buffer(head.encode())
        body_held, body_bytes = buffer(base64.b64decode(document["body"]))
        message = ServiceMessage(ctypes.sizeof(ServiceMessage), 0, document["id"], head_bytes, body_bytes)
        service.handle(instance, ctypes.byref(message))
    service.stop(instance)


if __name__ == "__main__":
    main()
