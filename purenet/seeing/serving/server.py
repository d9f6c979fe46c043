"""A server for one page, on this computer alone.

It listens on 127.0.0.1 and nowhere else.  The first part of every path is a token that only the
printed address has.  A request has to name this host, so that no foreign name that leads here is
answered, and if it says where it comes from, that has to be this page.  No file is ever served.
"""

from __future__ import annotations

import json
import os
import secrets
import socketserver
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from ..paper.page import render
from ..paper.text import as_text
from .session import Session

MOST_BYTES = 200_000  # of a request
_PATIENCE = 15.0  # seconds that a request waits for the one before it
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Server(socketserver.ThreadingMixIn, HTTPServer):
    """Serves the page of a session and does what the page asks for.

    port: 0 for any that is free.
    grain: at which the page opens, or None.

    Raises OSError if the port is taken.
    """

    daemon_threads = True
    allow_reuse_address = os.name != "nt"  # there it would share the port with others
    allow_reuse_port = False

    def __init__(self, session: Session, port: int = 0, grain: str | None = None) -> None:
        self.session = session
        self.grain = grain
        self.token = secrets.token_urlsafe(16)
        self.working = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        """Bind without asking anybody for the name of this computer."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    @property
    def address(self) -> str:
        """The address of the page, token included."""
        return f"http://127.0.0.1:{self.server_port}/{self.token}/"

    def page(self) -> str:
        """Return the page as the session has it now."""
        recording = self.session.recording()
        served = {**self.session.shown(), **self.session.samples()}
        worked = as_text(recording, self.grain)
        return render(recording, worked, self.grain, served)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about a reader that has gone away."""


class _Handler(BaseHTTPRequestHandler):
    server: Server
    timeout = 30.0  # seconds that a reader may take to ask
    server_version = "purenet"
    sys_version = ""

    def do_GET(self) -> None:
        if self._is_ours() and self._path_is(""):
            self._answer(self.server.page, "text/html")

    def do_POST(self) -> None:
        if not self._is_ours() or not self._path_is("act"):
            return
        if self.headers.get("Content-Type", "").partition(";")[0].strip() != "application/json":
            return self._refuse(415)
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()):
            return self._refuse(411)
        if len(length) > 9 or int(length) > MOST_BYTES:
            return self._refuse(413)
        body = self.rfile.read(int(length))
        self._answer(
            lambda: json.dumps(self.server.session.act(json.loads(body))), "application/json"
        )

    def _is_ours(self) -> bool:
        """Return whether a request comes to this host and from this page; otherwise refuse it."""
        hosts = [f"{name}:{self.server.server_port}" for name in ("127.0.0.1", "localhost")]
        origin = self.headers.get("Origin")
        host = self.headers.get_all("Host") or []
        ours = (
            len(host) == 1
            and host[0].lower() in hosts
            and origin in (None, f"http://{host[0].lower()}")
            and self.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin")
        )
        if not ours:
            self._refuse(403)
        return ours

    def _path_is(self, name: str) -> bool:
        path = self.path.encode("utf-8", "surrogateescape")
        right = f"/{self.server.token}/{name}".encode()
        if secrets.compare_digest(path, right):
            return True
        self._refuse(404)
        return False

    def _answer(self, work: Callable[[], str], kind: str) -> None:
        """Answer with what the work gives, or with the words of its error; one works at a time."""
        status = 200
        if not self.server.working.acquire(timeout=_PATIENCE):
            return self._send(503, json.dumps({"error": "busy with the request before"}), kind)
        try:
            text = work()
        except (ValueError, TypeError, ArithmeticError, RuntimeError, RecursionError) as error:
            status, kind = 400, "application/json"
            text = json.dumps({"error": " ".join(str(error).split())})
        except MemoryError:
            status, kind = 400, "application/json"
            text = json.dumps({"error": "not enough memory"})
        finally:
            self.server.working.release()
        self._send(status, text, kind)

    def _send(self, status: int, text: str, kind: str) -> None:
        body = text.encode("utf-8")
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _refuse(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is no request that this server knows, without a word."""
        self._refuse(code)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing: the screen has the address."""
