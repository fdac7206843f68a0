"""An OpenTelemetry collector (OTLP over gRPC) that remembers which spans it was sent, and what else it was sent."""

import socket
import threading

import h2.config
import h2.connection
import h2.events

from .ports import free_port


class Collector:
    """`spans` are (trace id, span id, parent id, name, service); `bodies` all requests by the service that they went to."""

    def __init__(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.spans = []
        self.bodies = {"TraceService": [], "MetricsService": [], "LogsService": []}
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection):
        http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        http.initiate_connection()
        bodies, services = {}, {}
        try:
            connection.sendall(http.data_to_send())
            while data := connection.recv(65536):
                for event in http.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        path = dict(event.headers)[":path"]  # /opentelemetry.proto.collector.trace.v1.TraceService/Export
                        services[event.stream_id] = path.split("/")[1].rsplit(".", 1)[1]
                    elif isinstance(event, h2.events.DataReceived):
                        bodies[event.stream_id] = bodies.get(event.stream_id, b"") + event.data
                        http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                    elif isinstance(event, h2.events.StreamEnded):
                        service, body = services.pop(event.stream_id), bodies.pop(event.stream_id)[5:]  # 5: gRPC's frame
                        self.bodies[service].append(body)
                        if service == "TraceService":
                            self.spans += _spans(body)
                        http.send_headers(event.stream_id, [(":status", "200"), ("content-type", "application/grpc")])
                        http.send_data(event.stream_id, b"\0\0\0\0\0")
                        http.send_headers(event.stream_id, [("grpc-status", "0")], end_stream=True)
                connection.sendall(http.data_to_send())
        except OSError:
            pass


def _spans(message):
    """ExportTraceServiceRequest → [ResourceSpans] → [ScopeSpans] → [Span]."""
    found = []
    for _, resource_spans in _fields(message, 1):
        service = ""
        for _, resource in _fields(resource_spans, 1):
            for _, attribute in _fields(resource, 1):
                if next(_fields(attribute, 1))[1] == b"service.name":
                    service = next(_fields(next(_fields(attribute, 2))[1], 1))[1].decode()
        for _, scope_spans in _fields(resource_spans, 2):
            for _, span in _fields(scope_spans, 2):
                one = {number: value for number, value in _fields(span)}
                found.append((one[1].hex(), one[2].hex(), one.get(4, b"").hex(), one[5].decode(), service))
    return found


def _fields(message, only=None):
    """The fields of a protobuf message: (number, value)."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = _varint(message, at)
        elif kind == 2:
            length, at = _varint(message, at)
            value, at = message[at : at + length], at + length
        else:
            size = {1: 8, 5: 4}[kind]
            value, at = message[at : at + size], at + size
        if only in (None, number):
            yield number, value


def _varint(message, at):
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
