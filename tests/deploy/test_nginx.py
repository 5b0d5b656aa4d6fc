"""A real nginx with the shipped site, before an installation started as the unit starts it."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.urls import URLPattern, get_resolver

from tests import nginx as nginx_program
from tests.deploy import shipped
from tests.deploy.proxy import NAME, Answer, Nginx, Visitor, hidden, many_slow, people
from tests.running import MARK, Installation, wait_for

USERNAME, PASSWORD = "carol", "keeper-of-keys-7"
PICTURE_SECONDS = 60


@pytest.fixture(scope="module")
def program() -> str:
    found = nginx_program.provide()
    if found is None:
        pytest.skip("no nginx on this machine, and none to be had from apt")
    return found


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """One that nginx's own user may enter, which pytest's are not."""
    with tempfile.TemporaryDirectory(prefix="artel-deploy-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


def start_unit(installation: Installation) -> subprocess.Popen[bytes]:
    """What systemd would do: the unit's command, its umask, and no variable but its file's."""
    env = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        **shipped.env_example(),
        "DJANGO_SUPERUSER_USERNAME": USERNAME,
        "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
        "DATA_DIR": installation.env["DATA_DIR"],
        "PORT": str(installation.port),
        MARK: installation.mark,
    }
    with (installation.folder / "output").open("ab") as output:
        process = subprocess.Popen(
            shipped.exec_start(sys.executable),
            cwd="/",
            env=env,
            umask=int(shipped.unit()["UMask"][0], 8),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    installation.started.append(process)
    return process


def is_well(installation: Installation) -> bool:
    """Artel's own word, which it gives without a proxy too."""
    return installation.health()[0] == 200


@pytest.fixture(scope="module")
def installation(folder: Path, program: str) -> Iterator[Installation]:
    with Installation(folder / "artel") as installation:
        installation.folder.chmod(0o711)
        for command in shipped.data_folder_commands(Path(installation.env["DATA_DIR"]), *people()):
            subprocess.run(command, check=True)
        start_unit(installation)
        wait_for(lambda: is_well(installation), 60, "health")
        yield installation


@pytest.fixture(scope="module")
def data(installation: Installation) -> Path:
    return Path(installation.env["DATA_DIR"])


@pytest.fixture(scope="module")
def nginx(folder: Path, program: str, installation: Installation, data: Path) -> Iterator[Nginx]:
    with Nginx(program, folder / "nginx", data, f"127.0.0.1:{installation.port}") as nginx:
        yield nginx


@pytest.fixture(scope="module")
def carol(nginx: Nginx) -> Visitor:
    visitor = Visitor(nginx)
    assert visitor.log_in(USERNAME, PASSWORD).status == 302
    return visitor


@pytest.fixture(scope="module")
def image(carol: Visitor) -> int:
    """A picture that the demo provider made."""
    order = {"prompt": "a lighthouse", "model": "gpt-image-1-low", "ratio": "1:1", "count": "1"}
    assert carol.post("/batches/", {**hidden(carol.get("/").text), **order}).status == 302

    def number() -> int | None:
        found = re.search(r"/images/(\d+)/", carol.get("/").text)
        return int(found[1]) if found else None

    return wait_for(number, PICTURE_SECONDS, "a picture")


@pytest.fixture(scope="module")
def original(data: Path, image: int) -> Path:
    (path,) = [path for path in (data / "originals").rglob("*") if path.is_file()]
    return path


def media_headers(answer: Answer) -> dict[str, str]:
    """All but what changes with each answer; each only once."""
    names = [name for name, _ in answer.headers.items()]
    assert len(names) == len({name.lower() for name in names}), names
    unsteady = {"Date", "Last-Modified", "Content-Length", "Connection"}
    found = {name.title(): value for name, value in answer.headers.items()}
    return {name: value for name, value in found.items() if name not in unsteady}


# --- pages


def test_plain_http_is_sent_to_https(nginx: Nginx) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", nginx.plain_port)) as connection:
        connection.request("GET", "/history/?q=secret", headers={"Host": NAME})
        answer = connection.getresponse()
    assert answer.status == 301
    assert answer.headers["Location"] == f"https://{NAME}/history/?q=secret"


def test_a_login_keeps_its_cookies_to_tls(nginx: Nginx) -> None:
    visitor = Visitor(nginx)
    page = visitor.get("/login/")
    answer = visitor.log_in(USERNAME, PASSWORD)
    assert answer.status == 302
    assert answer.headers["Location"] == "/"
    cookies = page.headers.get_all("Set-Cookie") or []
    cookies += answer.headers.get_all("Set-Cookie") or []
    assert {cookie.split("=")[0] for cookie in cookies} >= {"csrftoken", "sessionid"}
    assert all("; Secure" in cookie for cookie in cookies)
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Server"] == "nginx"
    assert visitor.get("/").status == 200


def test_the_page_is_whole_with_its_styles(carol: Visitor) -> None:
    sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"', carol.get("/").text)
    assert sheets
    for sheet in sheets:
        answer = carol.get(sheet)
        assert answer.status == 200
        assert "immutable" in answer.headers["Cache-Control"]


# --- pictures


def test_the_original_comes_exact_with_all_its_headers(
    carol: Visitor, image: int, original: Path
) -> None:
    answer = carol.get(f"/images/{image}/original/")
    content = original.read_bytes()
    assert answer.status == 200
    assert answer.body == content
    assert media_headers(answer) == {
        "Server": "nginx",
        "Content-Type": f"image/{original.suffix[1:]}",
        "Content-Disposition": f'inline; filename="artel-{image}{original.suffix}"',
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Strict-Transport-Security": "max-age=31536000",
        "Etag": f'"{hashlib.sha256(content).hexdigest()}"',
        "Accept-Ranges": "bytes",
    }
    # Not a word of Python's was waited for: nginx read the file itself.
    assert "X-Accel-Redirect" not in answer.headers


def test_an_original_can_be_downloaded(carol: Visitor, image: int, original: Path) -> None:
    answer = carol.get(f"/images/{image}/original/?download")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.body == original.read_bytes()


@pytest.mark.parametrize("size", [384, 768])
def test_thumbnails_come_with_the_same_headers(
    carol: Visitor, data: Path, image: int, original: Path, size: int
) -> None:
    (kept,) = (data / "thumbs" / str(size)).rglob("*.webp")
    answer = carol.get(f"/images/{image}/thumbs/{size}/")
    assert answer.body == kept.read_bytes()
    found = media_headers(answer)
    assert found["Content-Type"] == "image/webp"
    assert found["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert found["X-Content-Type-Options"] == "nosniff"
    assert found["Etag"].endswith(f'-{size}"')


def test_a_thumbnail_that_is_gone_is_made_again_for_nginx(
    carol: Visitor, data: Path, image: int
) -> None:
    (kept,) = (data / "thumbs" / "384").rglob("*.webp")
    before = kept.read_bytes()
    kept.unlink()
    assert carol.get(f"/images/{image}/thumbs/384/").body == before


def test_parts_of_an_original_can_be_asked_for(carol: Visitor, image: int, original: Path) -> None:
    path, content = f"/images/{image}/original/", original.read_bytes()
    part = carol.get(path, Range="bytes=10-29")
    assert (part.status, part.body) == (206, content[10:30])
    assert part.headers["Content-Range"] == f"bytes 10-29/{len(content)}"
    assert part.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    tag = part.headers["ETag"]
    assert carol.get(path, **{"Range": "bytes=10-29", "If-Range": tag}).status == 206
    assert carol.get(path, **{"Range": "bytes=10-29", "If-Range": '"another"'}).status == 200
    beyond = carol.get(path, Range=f"bytes={len(content)}-")
    assert beyond.status == 416
    assert beyond.headers["X-Content-Type-Options"] == "nosniff"


def test_a_kept_copy_is_good_for_ever(carol: Visitor, image: int) -> None:
    path = f"/images/{image}/original/"
    tag = carol.get(path).headers["ETag"]
    again = carol.get(path, **{"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")


def test_a_file_that_is_gone_is_missing(carol: Visitor, image: int, original: Path) -> None:
    aside = original.with_name("aside")
    original.rename(aside)
    try:
        assert carol.get(f"/images/{image}/original/").status == 404
    finally:
        aside.rename(original)


# --- what nobody may have

KEPT = ["secret-key", "artel.sqlite3", "serve.lock", "journal/", ""]


def test_pictures_are_for_their_owner(nginx: Nginx, image: int) -> None:
    stranger = Visitor(nginx)
    for path in (f"/images/{image}/original/", f"/images/{image}/thumbs/384/"):
        answer = stranger.get(path)
        assert answer.status == 302
        assert answer.headers["Location"].startswith("/login/")


def test_no_file_has_an_address_of_its_own(
    carol: Visitor, data: Path, image: int, original: Path
) -> None:
    assert (data / "secret-key").exists()
    assert (data / "artel.sqlite3").exists()
    name = original.relative_to(data)
    ways = ["/accel/{}", "/accel/originals/../{}", "/accel/originals/%2e%2e/{}", "/{}"]
    ways += ["/accel/originals/..%2f{}", "/accel//originals/../../artel/data/{}", "/static/../{}"]
    paths = [way.format(file) for way in ways for file in KEPT if file]
    paths += [f"/accel/{name}", f"/accel/thumbs/384/{name}.webp", "/accel/", "/accel"]
    secret = (data / "secret-key").read_bytes()
    for path in paths:
        answer = carol.get(path)
        assert answer.status in {400, 404}, path
        assert secret not in answer.body


def test_nginx_can_read_pictures_and_nothing_else(data: Path, original: Path) -> None:
    owner, group = people()
    if owner == group or os.geteuid() != 0:
        pytest.skip("nginx runs as the owner here: only root can start one as somebody else")

    def can_read(path: Path) -> bool:
        command = ["test", "-r", str(path)]
        return subprocess.run(command, user=group, group=group, extra_groups=[]).returncode == 0

    assert can_read(original)
    assert all(can_read(path) for path in (data / "thumbs").rglob("*.webp"))
    kept = [path for path in data.iterdir() if path.is_file()]
    assert {"artel.sqlite3", "secret-key"} <= {path.name for path in kept}
    assert not [path for path in kept if can_read(path)]
    assert not can_read(data)  # nor can it list what there is


# --- what nginx does for Artel


def test_a_long_prompt_passes_and_a_huge_body_does_not(carol: Visitor) -> None:
    fields = hidden(carol.get("/").text)
    long = carol.post("/batches/", {**fields, "prompt": "x" * 4_000_000, "count": "1"})
    assert long.status == 422
    assert "xxxx" in long.text
    assert carol.post("/batches/", {"prompt": "x" * 20_000_000}).status == 413


def test_a_lost_tasks_file_may_be_as_large_as_a_picture(carol: Visitor) -> None:
    """The one address that takes a file: so long a form without one is refused there by Artel."""
    body = {"file": "x" * 20_000_000}
    assert carol.post("/admin/gallery/task/999999/do/rescue/", body).status == 400
    assert carol.post("/admin/gallery/task/999999/do/cancel/", body).status == 413


def test_slow_clients_hold_nobody_up(nginx: Nginx, carol: Visitor) -> None:
    """More of them than Artel has threads: each is nginx's own affair until all of it is there."""
    head = (
        f"POST /login/ HTTP/1.1\r\nHost: {NAME}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nuser"
    ).encode()
    with many_slow(nginx, 100, head):
        began = time.monotonic()
        for _ in range(4):
            assert carol.get("/history/").status == 200
    assert time.monotonic() - began < 10


def test_the_log_knows_neither_searches_nor_one_time_links(nginx: Nginx, carol: Visitor) -> None:
    carol.get("/history/?q=a+secret+prompt")
    carol.get("/setup/one-time-word/")
    wait_for(lambda: "GET /setup/[link] 404" in nginx.log(), 5, "the log's line")
    assert "GET /history/ 200" in nginx.log()
    assert "secret+prompt" not in nginx.log()
    assert "one-time-word" not in nginx.log()


def test_every_one_time_link_of_ours_is_known_to_the_log() -> None:
    site = (shipped.DEPLOY / "nginx.conf").read_text()
    (listed,) = re.findall(r"\(\?<artel_link>([^)]+)\)", site)
    patterns = [p for p in get_resolver().url_patterns if isinstance(p, URLPattern)]
    linked = {str(p.pattern).split("/")[0] for p in patterns if "token>" in str(p.pattern)}
    assert "setup" in linked
    assert linked <= set(listed.split("|"))


# --- what nobody can forge: before nginx a client that lies, behind it one who tells what came


class Telling(BaseHTTPRequestHandler):
    """Answers with the request's headers, or hands over the file that the query names."""

    def do_GET(self) -> None:
        body = json.dumps(list(self.headers.items())).encode()
        self.send_response(200)
        for wanted in urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("file", []):
            self.send_header("X-Accel-Redirect", wanted)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def before_a_teller(folder: Path, program: str, data: Path, tmp_path: Path) -> Iterator[Visitor]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Telling) as teller:
        threading.Thread(target=teller.serve_forever, daemon=True).start()
        upstream = f"127.0.0.1:{teller.server_port}"
        with Nginx(program, folder / f"teller-{tmp_path.name}", data, upstream) as nginx:
            yield Visitor(nginx)
        teller.shutdown()


def test_what_a_client_says_of_itself_is_replaced(before_a_teller: Visitor) -> None:
    lies = {
        "X-Forwarded-For": "10.1.2.3",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Port": "1",
        "X-Real-IP": "10.1.2.3",
        "Forwarded": "for=10.1.2.3;proto=http",
    }
    told = json.loads(before_a_teller.get("/", **lies).body)
    found = {name.lower(): value for name, value in told}
    assert len(told) == len(found), "no header comes twice"
    assert found["x-forwarded-for"] == "127.0.0.1"
    assert found["x-forwarded-proto"] == "https"
    assert found["host"] == NAME
    ours = {"x-forwarded-for", "x-forwarded-proto"}
    assert not {name.lower() for name in lies} - ours & found.keys()


def test_nginx_hands_over_pictures_alone_even_if_artel_were_fooled(
    before_a_teller: Visitor, data: Path, original: Path
) -> None:
    def hand_over(path: str) -> Answer:
        return before_a_teller.get("/?" + urllib.parse.urlencode({"file": path}))

    name = original.relative_to(data)
    assert hand_over(f"/accel/{name}").body == original.read_bytes()
    kept = [(data / file).read_bytes() for file in ("secret-key", "artel.sqlite3")]
    for file in KEPT:
        for way in ("/accel/{}", "/accel/originals/../{}", "/accel/originals/%2e%2e/{}"):
            answer = hand_over(way.format(file))
            assert answer.body not in kept, (way, file)
            assert answer.status != 403, f"only its mode protects {file}"
