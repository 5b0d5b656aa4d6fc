"""The documented API over a real socket."""

import http.client
import io
import json
import re
import socket
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from gallery.demo.catalogue import MODELS
from tests.demo.caller import HEADERS, KEY, SECONDS, create, download, result
from tests.demo.server import NO_PROXIES, DemoServer


def ask(demo: DemoServer, path: str, body: Any = None, method: str = "POST", **headers: str) -> Any:
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        demo.url + path, data, {"Authorization": KEY, **headers}, method=method
    )
    with NO_PROXIES.open(request, timeout=SECONDS) as answer:
        return json.load(answer)


def test_create_answers_as_documented(demo: DemoServer) -> None:
    answer = create(demo.url, "Горы на рассвете", ar="16:9", model="gpt-image-1-high")

    assert list(answer) == ["code", "id", "model", "prompt", "created_at", "status", "url"]
    assert answer["code"] == 0
    assert re.fullmatch("[0-9a-f]{24}", answer["id"])
    assert answer["model"] == "gpt-image-1-high"
    assert answer["prompt"] == "Горы на рассвете"
    assert abs(answer["created_at"] - time.time()) < 30
    assert isinstance(answer["created_at"], int)


def test_a_task_is_idle_then_done(folder: Path) -> None:
    with DemoServer(folder).start(seconds=(600, 600)) as demo:
        identity = create(demo.url, "A lighthouse")["id"]
        waiting = result(demo.url, identity)
        assert (waiting["status"], waiting["url"]) == ("idle", None)
        assert demo.ready_times() == {}

        assert demo.ready(match="lighthouse") == [identity]

        done = result(demo.url, identity)
        name = f"/timenote/exp48h/{identity}-gpt-image-1-low-original.webp"
        assert (done["status"], done["url"]) == ("done", f"http://{demo.host}{name}")
        assert abs(demo.ready_times()[identity] - time.time()) < 30


def test_result_takes_the_id_in_query_and_body_of_both_methods(demo: DemoServer) -> None:
    identity = create(demo.url, "Two ways, two places")["id"]

    for method in ("GET", "POST"):
        assert ask(demo, f"/media/result?task_id={identity}", method=method)["id"] == identity
        assert ask(demo, "/media/result", {"task_id": identity}, method)["id"] == identity


def test_the_link_bears_the_host_that_the_caller_used(demo: DemoServer) -> None:
    identity = create(demo.url, "Another name")["id"]

    answer = ask(demo, f"/media/result?task_id={identity}", method="GET", Host="localhost:1234")

    assert answer["url"].startswith("http://localhost:1234/timenote/")


def test_the_picture_is_a_webp_and_always_the_same_bytes(demo: DemoServer) -> None:
    url = result(demo.url, create(demo.url, "A harbour")["id"])["url"]

    first, second = download(url), download(url)

    assert first.headers["Content-Type"] == "image/webp"
    assert first.headers["Content-Length"] == str(len(first.content))
    assert first.content == second.content
    assert Image.open(io.BytesIO(first.content)).format == "WEBP"
    assert requests.head(url, timeout=SECONDS).headers["Content-Length"] == str(len(first.content))


@pytest.mark.parametrize("authorization", [None, "", f"Bearer {KEY}", f"bearer {KEY}"])
def test_a_missing_or_dressed_key_is_code_2(demo: DemoServer, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    body = {"model": "gpt-image-1-low", "prompt": "No key"}
    before = len(demo.charges())

    for path in ("/media/create", "/media/result", "/media/models"):
        answer = requests.post(demo.url + path, headers=headers, json=body, timeout=SECONDS)
        assert (answer.status_code, answer.json()["code"]) == (200, 2)
    answer = requests.get(demo.url + "/balance", headers=headers, timeout=SECONDS)
    assert answer.json()["code"] == 2
    assert len(demo.charges()) == before


def test_only_the_given_key_is_accepted(folder: Path) -> None:
    with DemoServer(folder).start(key="shds-the-one") as demo:
        assert ask(demo, "/balance", method="GET")["code"] == 2
        headers = {"Authorization": "shds-the-one"}
        answer = requests.get(demo.url + "/balance", headers=headers, timeout=SECONDS)
        assert answer.json()["balance"] > 0


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        (None, [[]]),
        ([], [[]]),
        (b"{", [[]]),
        (b"[" * 100_000, [[]]),
        (b"\xff\xfe", [[]]),
        ({}, [["model"], ["prompt"]]),
        ({"model": "gpt-image-1-low", "prompt": "  "}, [["prompt"]]),
        ({"model": "gpt-image-1-low", "prompt": 7}, [["prompt"]]),
        ({"model": "dall-e", "prompt": "x"}, [["model"]]),
        ({"model": ["gpt-image-1-low"], "prompt": "x"}, [["model"]]),
        ({"model": "gpt-image-1-low", "prompt": "x", "ar": "21:9"}, [["ar"]]),
        ({"model": "gpt-image-1-low", "prompt": "x", "ar": ["1:1"]}, [["ar"]]),
        ({"model": "gpt-image-1-low", "prompt": "x", "images": "http://a"}, [["images"]]),
        ({"model": "gpt-image-1-low", "prompt": "x", "images": [1]}, [["images"]]),
    ],
)
def test_a_body_that_breaks_the_schema_is_code_3(
    demo: DemoServer, body: Any, paths: list[list[str]]
) -> None:
    before = len(demo.charges())

    answer = ask(demo, "/media/create", body)

    assert answer["code"] == 3
    assert [issue["path"] for issue in answer["issues"]] == paths
    assert all(issue["message"] for issue in answer["issues"])
    assert len(demo.charges()) == before


def test_a_bad_model_is_told_the_good_ones(demo: DemoServer) -> None:
    answer = ask(demo, "/media/create", {"model": "dall-e", "prompt": "x"})

    assert answer["issues"][0]["expected"] == list(MODELS)


def test_an_unknown_task_is_code_4_and_a_missing_id_code_3(demo: DemoServer) -> None:
    assert result(demo.url, "0" * 24)["code"] == 4
    assert ask(demo, "/media/result", {})["code"] == 3
    assert ask(demo, "/media/result", {"task_id": 5})["code"] == 3


def test_money_is_charged_and_runs_out(folder: Path) -> None:
    with DemoServer(folder).start() as demo:
        demo.settings(balance=4.5)
        create(demo.url, "Four roubles")
        assert ask(demo, "/balance", method="GET") == {
            "balance": 0.5,
            "creditLimit": 0,
            "orgId": "demo",
        }
        assert create(demo.url, "Nothing left")["code"] == 5
        assert [charge["prompt"] for charge in demo.charges()] == ["Four roubles"]


def test_a_refused_model_is_code_7_and_not_on_the_price_list(folder: Path) -> None:
    with DemoServer(folder).start() as demo:
        demo.settings(refuse_models=["gpt-image-1-high"])
        assert create(demo.url, "x", model="gpt-image-1-high")["code"] == 7
        assert create(demo.url, "x", model="gpt-image-1-low")["code"] == 0
        prices = {model["id"]: model["price"] for model in ask(demo, "/media/models")["models"]}
        assert "gpt-image-1-high" not in prices
        assert (prices["gpt-image-1-low"], prices["flux-schnell"]) == (4, 0.6)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/media/delete"), ("GET", "/media/create"), ("PUT", "/media/result"), ("POST", "/")],
)
def test_an_unknown_method_is_code_99(demo: DemoServer, method: str, path: str) -> None:
    assert ask(demo, path, method=method)["code"] == 99


def test_what_is_no_api_at_all_is_404_in_json(demo: DemoServer) -> None:
    for path in ("/", "/favicon.ico", "/timenote/exp48h/nothing.webp", "/timenote/exp48h/../x"):
        answer = requests.get(f"http://{demo.host}{path}", timeout=SECONDS)
        assert answer.status_code == 404
        assert isinstance(answer.json(), dict)


def test_files_are_only_read(demo: DemoServer) -> None:
    url = result(demo.url, create(demo.url, "Read only")["id"])["url"]

    answer = requests.delete(url, timeout=SECONDS)

    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert answer.json()["code"] == 99


def test_a_link_expires(folder: Path) -> None:
    with DemoServer(folder).start(seconds=(0, 0)) as demo:
        url = result(demo.url, create(demo.url, "For a while")["id"])["url"]
        assert download(url).status_code == 200
        demo.settings(link_seconds=0)
        assert download(url).status_code == 404


def test_a_picture_that_is_not_ready_has_no_file_yet(folder: Path) -> None:
    with DemoServer(folder).start(seconds=(600, 600)) as demo:
        identity = create(demo.url, "Patience")["id"]
        path = f"/timenote/exp48h/{identity}-gpt-image-1-low-original.webp"
        assert download(f"http://{demo.host}{path}").status_code == 404


def test_one_connection_serves_many_calls(demo: DemoServer) -> None:
    with requests.Session() as session:
        session.headers.update(HEADERS)
        for _ in range(3):
            answer = session.post(f"{demo.url}/media/create", json={}, timeout=SECONDS)
            assert answer.json()["code"] == 3
            assert answer.headers.get("Connection") != "close"


def test_a_body_that_is_too_large_or_chunked_is_refused(demo: DemoServer) -> None:
    def chunks() -> Any:
        yield b"{}"

    answer = requests.post(
        f"{demo.url}/media/create", headers=HEADERS, data=chunks(), timeout=SECONDS
    )
    assert answer.status_code == 411
    answer = requests.post(
        f"{demo.url}/media/create",
        headers={**HEADERS, "Content-Length": str(64 * 1024 * 1024)},
        timeout=SECONDS,
    )
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 505),
        (b"BREW / HTTP/1.1\r\n\r\n", 501),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"POST /v1/media/create HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
    ],
)
def test_what_is_hardly_http_is_refused_in_json(
    demo: DemoServer, request_bytes: bytes, status: int
) -> None:
    with socket.create_connection(("127.0.0.1", demo.port), timeout=SECONDS) as caller:
        caller.sendall(request_bytes)
        answer = http.client.HTTPResponse(caller)
        answer.begin()
        assert answer.status == status
        assert json.loads(answer.read())["error"]["code"] == status


@pytest.mark.parametrize(
    "prompt", ["e\x00nd", "\ud800 alone", "שלום עולם", "🦊🦊", "x" * 100_000, "</script>", "'; --"]
)
def test_any_text_is_a_prompt(demo: DemoServer, prompt: str) -> None:
    answer = create(demo.url, prompt, images=["https://example.org/a.png"])

    assert answer["prompt"] == prompt
    assert download(result(demo.url, answer["id"])["url"]).status_code == 200
    assert demo.charges()[-1]["images"] == ["https://example.org/a.png"]


def test_the_charge_log_tells_every_accepted_create(folder: Path) -> None:
    with DemoServer(folder).start() as demo:
        first = create(demo.url, "One", ar="9:16")
        create(demo.url, "Two", model="gpt-image-1-high")
        create(demo.url, "Three", model="none")

        charges = demo.charges()

        assert [charge["prompt"] for charge in charges] == ["One", "Two"]
        assert [charge["price_kopecks"] for charge in charges] == [400, 2600]
        assert charges[0] | {"at": 0} == {
            "id": first["id"],
            "prompt": "One",
            "model": "gpt-image-1-low",
            "price_kopecks": 400,
            "at": 0,
            "ar": "9:16",
            "images": [],
            "refunded": False,
        }
        assert demo.requests()["creates"] == {"One": 1, "Two": 1, "Three": 1}
        assert demo.requests()["calls"] == {"create": 3}
