"""A TCP proxy in front of a server that can be slow, break connections, drop responses or send
garbage."""

import contextlib
import socket
import threading
import time

RUBBISH = (
    b"HTTP/1.1 502 Bad Gateway\r\n"
    b"Content-Type: text/html\r\n"
    b"Content-Length: 22\r\n"
    b"Connection: close\r\n"
    b"\r\n"
    b"<html>Oops<br>\xff</html>"
)
NO_HTTP = b"\x00\x01\x02 this is not HTTP \xff\xfe\r\n\r\n"
_CHUNK = 65_536


class Proxy:
    """Passes bytes on to a port of this machine.

    Attributes:
        endpoint: where clients connect to.
        bytes_a_second: of the server's answers; None for as fast as they come.
        break_after: a connection breaks off after so many bytes of answers; None for never.
        says: what it answers itself instead of asking the server; None for nothing.
        swallow: a request with these bytes in it is passed on and done, and the connection breaks
            off before the answer, once.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.heal()
        threading.Thread(target=self._accept, daemon=True).start()

    def heal(self) -> None:
        """Pass on everything as it comes."""
        self.bytes_a_second: int | None = None
        self.break_after: int | None = None
        self.says: bytes | None = None
        self.swallow: bytes | None = None

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            # Read once: the proxy may heal while the client still speaks.
            if (says := self.says) is not None:
                client.recv(_CHUNK)
                client.sendall(says)
                return
            with socket.create_connection(("127.0.0.1", self._port)) as server:
                mute = threading.Event()
                threading.Thread(target=self._ask, args=(client, server, mute), daemon=True).start()
                try:
                    self._answer(server, client, mute)
                finally:
                    # To close it isn't enough while the other thread waits for more from it.
                    client.shutdown(socket.SHUT_RDWR)

    def _ask(self, client: socket.socket, server: socket.socket, mute: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while part := client.recv(_CHUNK):
                if (swallow := self.swallow) is not None and swallow in part:
                    self.swallow = None
                    mute.set()
                server.sendall(part)
            server.shutdown(socket.SHUT_WR)

    def _answer(self, server: socket.socket, client: socket.socket, mute: threading.Event) -> None:
        passed = 0
        while part := server.recv(_CHUNK):
            if self.says is not None or (mute.is_set() and not part.startswith(b"HTTP/1.1 100")):
                return
            break_after = self.break_after
            if break_after is not None and passed + len(part) > break_after:
                client.sendall(part[: max(0, break_after - passed)])
                return
            self._send(client, part)
            passed += len(part)

    def _send(self, client: socket.socket, part: bytes) -> None:
        while part and (bytes_a_second := self.bytes_a_second) is not None:
            client.sendall(part[: max(1, bytes_a_second // 10)])
            part = part[max(1, bytes_a_second // 10) :]
            time.sleep(0.1)
        client.sendall(part)
