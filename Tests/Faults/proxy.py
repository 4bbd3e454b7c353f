"""A TCP proxy that knows where messages end, and can lose or hold one between two ends that both stay alive."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable

# Postgres: requests of the first bytes that are answered by a single byte (SSLRequest, GSSENCRequest).
SINGLE_BYTE_ANSWERS = (80877103, 80877104)

# Looks at a message before it is passed on; may wait. False: the message is lost, and the connection with it.
Rule = Callable[[bytes], bool]


def passes(_: bytes) -> bool:
    return True


class Link:
    """One client's connection, and ours to the server."""

    def __init__(self, client: socket.socket, server: socket.socket):
        self.client, self.server = client, server
        self.is_started = False
        self.awaited_bytes = 0

    def cut(self) -> None:
        for end in (self.client, self.server):
            # Shut down first: close alone does not wake a thread that reads from it.
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()


class Proxy:
    """Listens on a free port of this machine. Rules may be changed at any time."""

    def __init__(self, target: tuple[str, int], request_length: Callable[[Link, bytearray], int], response_length: Callable[[Link, bytearray], int]):
        self._target, self._request_length, self._response_length = target, request_length, response_length
        self.on_request: Rule = passes
        self.on_response: Rule = passes
        self._links: set[Link] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @staticmethod
    def postgres(target: tuple[str, int]) -> Proxy:
        """Messages of PostgreSQL's protocol 3, each with its leading type."""
        return Proxy(target, postgres_request, postgres_response)

    @staticmethod
    def kafka(target: tuple[str, int]) -> Proxy:
        """Requests and responses of Kafka's protocol, each with its leading length."""
        return Proxy(target, kafka_message, kafka_message)

    def retarget(self, target: tuple[str, int]) -> None:
        self._target = target

    def pass_all(self) -> None:
        self.on_request = self.on_response = passes

    def close(self) -> None:
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        for link in list(self._links):
            link.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._target, timeout=10)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link = Link(client, server)
            self._links.add(link)
            ways = ((client, server, self._request_length, lambda: self.on_request), (server, client, self._response_length, lambda: self.on_response))
            for way in ways:
                threading.Thread(target=self._carry, args=(link, *way), daemon=True).start()

    def _carry(self, link: Link, source: socket.socket, sink: socket.socket, length: Callable[[Link, bytearray], int], rule: Callable[[], Rule]) -> None:
        pending = bytearray()
        try:
            while received := source.recv(1 << 16):
                pending += received
                ready = bytearray()
                while (size := length(link, pending)) and len(pending) >= size:
                    message = bytes(pending[:size])
                    del pending[:size]
                    if rule() is not passes:
                        sink.sendall(ready)
                        ready = bytearray()
                        if not rule()(message):
                            return
                    ready += message
                sink.sendall(ready)
        except OSError:
            pass
        finally:
            link.cut()
            self._links.discard(link)


def kafka_message(_: Link, pending: bytearray) -> int:
    return 4 + struct.unpack_from(">i", pending)[0] if len(pending) >= 4 else 0


def postgres_request(link: Link, pending: bytearray) -> int:
    """The length of the message that begins here; 0 where too little of it is known."""
    if link.is_started:
        return 1 + struct.unpack_from(">i", pending, 1)[0] if len(pending) >= 5 else 0
    if len(pending) < 8:
        return 0
    size, code = struct.unpack_from(">ii", pending)
    if len(pending) >= size:
        if code in SINGLE_BYTE_ANSWERS:
            link.awaited_bytes += 1
        else:
            link.is_started = True
    return size


def postgres_response(link: Link, pending: bytearray) -> int:
    if not pending:
        return 0
    if link.awaited_bytes:
        link.awaited_bytes -= 1
        return 1
    return 1 + struct.unpack_from(">i", pending, 1)[0] if len(pending) >= 5 else 0


def is_begin(message: bytes) -> bool:
    """A client's BEGIN, as a simple query."""
    return message[:1] == b"Q" and message[5:].upper().startswith(b"BEGIN")


def is_commit_acknowledgement(message: bytes) -> bool:
    return message[:1] == b"C" and message[5:] == b"COMMIT\0"
