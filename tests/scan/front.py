"""What stands before a site in a release: a proxy that speaks https, so that cookies and headers are those of https."""

import http.client
import ssl
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

# Nothing comes compressed: sqlmap's own reader of Brotli gives up at some pages that others read.
HOP = {"accept-encoding", "connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-connection"}


class Passed(http.client.HTTPConnection):
    def _validate_path(self, url):
        """What scanners send is passed on as it is."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    upstream: tuple[str, int]
    timeout = 30

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        to = Passed(*self.upstream, timeout=90)
        try:
            to.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in HOP and not name.lower().startswith("x-forwarded"):
                    to.putheader(name, value)
            to.putheader("X-Forwarded-Proto", "https")
            to.endheaders(body or None)
            answer = to.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self.close_connection = True
            self.send_error(502)
            return
        finally:
            to.close()
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in HOP and name.lower() != "content-length":
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(text))
        if length is not None and answer.status not in (204, 304):
            self.send_header("Content-Length", length)
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_TRACE = pass_on

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        """A scanner that hangs up is no error."""


def context(folder: Path) -> ssl.SSLContext:
    key, cert = folder / "key.pem", folder / "cert.pem"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    subprocess.run([*words, "-subj", "/CN=localhost", "-keyout", key, "-out", cert], check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    return tls


@contextmanager
def front(port: int, upstream: int, folder: Path):
    """https on `port`, passed on to `upstream`."""
    handler = type("Of", (Handler,), {"upstream": ("127.0.0.1", upstream)})
    server = Server(("127.0.0.1", port), handler)
    # Each thread shakes hands for itself.
    server.socket = context(folder).wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"https://127.0.0.1:{port}"
    finally:
        server.shutdown()
        server.server_close()
