"""A real nginx with the shipped site, and visitors who come through it by TLS."""

from __future__ import annotations

import contextlib
import grp
import http.client
import os
import pwd
import re
import socket
import ssl
import subprocess
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from types import TracebackType

from tests.deploy import shipped
from tests.running import BASE, free_port, wait_for

NAME = "artel.example"
CERTIFICATE = BASE / "tests" / "provider" / "localhost-certificate.pem"
CERTIFICATE_AND_KEY = BASE / "tests" / "provider" / "localhost.pem"

# Debian's own nginx.conf, as far as it matters here; the types are wrong on purpose: what Artel
# says of a file is to win.
MAIN = """
{user}
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/log/error.log;
events {{ worker_connections 768; }}
http {{
    sendfile on;
    tcp_nopush on;
    types {{ text/html webp png jpg; }}
    default_type text/html;
    gzip on;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def people() -> tuple[str, str]:
    """Who owns what Artel writes, and the group of nginx: another user's, if we may be one."""
    if os.geteuid() == 0 and _exists("www-data"):
        return "root", "www-data"
    return pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
        grp.getgrnam(name)
    except KeyError:
        return False
    return True


class Nginx:
    """nginx with the shipped site; nothing but ports, folders and the certificate replaced."""

    def __init__(self, program: str, folder: Path, data: Path, upstream: str) -> None:
        self.program = program
        self.folder = folder
        self.port = free_port()
        self.plain_port = free_port()
        (folder / "log").mkdir(parents=True)
        certificate = f"ssl_certificate {CERTIFICATE_AND_KEY};"
        site = shipped.site(
            {
                "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
                "listen [::]:80;": "",
                "listen 443 ssl http2;": f"listen 127.0.0.1:{self.port} ssl http2;",
                "listen [::]:443 ssl http2;": "",
                f"ssl_certificate /etc/letsencrypt/live/{NAME}/fullchain.pem;": certificate,
                f"/etc/letsencrypt/live/{NAME}/privkey.pem": str(CERTIFICATE_AND_KEY),
                "/var/log/nginx/": f"{folder}/log/",
                f"{shipped.DATA_DIR}/": f"{data}/",
                "server 127.0.0.1:8000;": f"server {upstream};",
            }
        )
        (folder / "site.conf").write_text(site)
        user = f"user {people()[1]};" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user))

    def __enter__(self) -> Nginx:
        command = [self.program, "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]
        command += ["-e", str(self.folder / "log" / "error.log")]
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
        assert "warn" not in checked.stderr, checked.stderr
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        wait_for(self._answers, 10, "nginx")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.terminate()
        self.process.wait(10)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        return False

    def log(self) -> str:
        return (self.folder / "log" / "artel.access.log").read_text()

    def tls(self) -> ssl.SSLSocket:
        """A connection; the certificate is the tests' own, for the name localhost."""
        context = ssl.create_default_context(cafile=str(CERTIFICATE))
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        return context.wrap_socket(plain, server_hostname="localhost")


class _Connection(http.client.HTTPConnection):
    def __init__(self, made: socket.socket) -> None:
        super().__init__(NAME)
        self.sock = made


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Visitor:
    """A browser without a screen: keeps cookies, and what it sends is what it was told to."""

    def __init__(self, nginx: Nginx) -> None:
        self.nginx = nginx
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, None, headers)

    def post(self, path: str, fields: dict[str, str]) -> Answer:
        """A form of ours, with the token that its page gave."""
        fields = {"csrfmiddlewaretoken": self.cookies.get("csrftoken", ""), **fields}
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": f"https://{NAME}",
        }
        return self.ask("POST", path, urllib.parse.urlencode(fields).encode(), headers)

    def ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        if self.cookies:
            pairs = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            headers = {"Cookie": pairs, **headers}
        with contextlib.closing(_Connection(self.nginx.tls())) as connection:
            # A refusal may come before all of the body has gone.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError, ssl.SSLError):
                connection.request(method, path, body, headers)
            found = connection.getresponse()
            answer = Answer(found.status, found.headers, found.read())
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";", 1)[0].split("=", 1)
            self.cookies[name] = value
        return answer

    def log_in(self, name: str, password: str) -> Answer:
        self.get("/login/")
        return self.post("/login/", {"username": name, "password": password})


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's forms."""
    inputs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: value for name, value in inputs if name != "csrfmiddlewaretoken"}


@contextlib.contextmanager
def many_slow(nginx: Nginx, count: int, beginning: bytes) -> Iterator[None]:
    """So many clients who have sent only the beginning of a request."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(nginx.tls()).sendall(beginning)
        yield
