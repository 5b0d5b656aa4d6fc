"""Every fault that a rule can switch on, once."""

import io
import json
import socket
import time
from typing import Any
from urllib.error import HTTPError

import pytest
import requests
from PIL import Image

from gallery.demo.faults import CREATE, DOWNLOAD, EVERYWHERE, RESULT
from tests.demo.caller import HEADERS, SECONDS, create, download, result
from tests.demo.server import DemoServer


def post(demo: DemoServer, prompt: str, timeout: float = SECONDS) -> requests.Response:
    body = {"model": "gpt-image-1-low", "prompt": prompt}
    return requests.post(
        f"{demo.url}/media/create",
        headers=HEADERS,
        json=body,
        timeout=timeout,
        allow_redirects=False,
    )


def asked(demo: DemoServer, identity: str, timeout: float = SECONDS) -> requests.Response:
    return requests.get(
        f"{demo.url}/media/result",
        headers=HEADERS,
        params={"task_id": identity},
        timeout=timeout,
        allow_redirects=False,
    )


def charges(demo: DemoServer, prompt: str) -> list[dict[str, Any]]:
    return [charge for charge in demo.charges() if charge["prompt"] == prompt]


def ready_url(demo: DemoServer, prompt: str) -> str:
    return str(result(demo.url, create(demo.url, prompt)["id"])["url"])


# Everywhere


@pytest.mark.parametrize("reset", [False, True])
def test_drop(demo: DemoServer, reset: bool) -> None:
    demo.fault("create", "drop", match=f"drop {reset}", times=1, reset=reset)
    with pytest.raises(requests.ConnectionError):
        post(demo, f"drop {reset}")
    assert charges(demo, f"drop {reset}") == []
    assert post(demo, f"drop {reset}").json()["code"] == 0


@pytest.mark.parametrize("on", ["create", "result", "download"])
def test_hang(demo: DemoServer, on: str) -> None:
    prompt = f"hang {on}"
    demo.fault(on, "hang", match=prompt)
    with pytest.raises(requests.ReadTimeout):
        if on == "create":
            post(demo, prompt, timeout=0.3)
        elif on == "result":
            asked(demo, create(demo.url, prompt)["id"], timeout=0.3)
        else:
            requests.get(ready_url(demo, prompt), timeout=0.3)


def test_hang_for_a_while(demo: DemoServer) -> None:
    demo.fault("create", "hang", match="short hang", seconds=0.1)
    with pytest.raises(requests.ConnectionError):
        post(demo, "short hang")


def test_http_502_html(demo: DemoServer) -> None:
    demo.fault("create", "http-502-html", match="bad gateway", times=1)
    answer = post(demo, "bad gateway")
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html")
    assert charges(demo, "bad gateway") == []


def test_redirect_307(demo: DemoServer) -> None:
    demo.fault("create", "redirect-307", match="elsewhere", times=1)
    answer = post(demo, "elsewhere")
    assert (answer.status_code, answer.headers["Location"]) == (307, "/v1/media/create")
    assert charges(demo, "elsewhere") == []


@pytest.mark.parametrize("number", [1, 2, 3, 5, 6, 7, 99, 500, 1001, 1002])
def test_codes(demo: DemoServer, number: int) -> None:
    prompt = f"code {number}!"
    demo.fault("create", f"code-{number}", match=prompt, times=1)
    answer = post(demo, prompt)
    assert (answer.status_code, answer.json()["code"]) == (200, number)
    assert answer.json()["message"]
    assert charges(demo, prompt) == []
    assert post(demo, prompt).json()["code"] == 0


def test_a_code_may_be_charged_all_the_same(demo: DemoServer) -> None:
    demo.fault("create", "code-500", match="paid error", charge=True)
    assert post(demo, "paid error").json()["code"] == 500
    assert len(charges(demo, "paid error")) == 1


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 408, 409, 413, 422, 425, 429, 503])
def test_http_statuses_with_the_envelope(demo: DemoServer, status: int) -> None:
    prompt = f"status {status}"
    demo.fault("create", f"http-{status}", match=prompt)
    answer = post(demo, prompt)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"message", "type", "code"}
    assert answer.headers.get("Retry-After") == ("1" if status in (425, 429, 503) else None)


def test_an_http_status_with_a_document_of_its_own(demo: DemoServer) -> None:
    document = {"code": 99, "message": "Unknown method"}
    demo.fault("create", "http-404", match="own document", document=document)
    answer = post(demo, "own document")
    assert (answer.status_code, answer.json()) == (404, document)


def test_an_http_status_of_a_proxy(demo: DemoServer) -> None:
    demo.fault("result", "http-429", match="proxy", html=True, retry_after=7)
    answer = asked(demo, create(demo.url, "proxy")["id"])
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.text.startswith("<!doctype html>")


# Create


def test_charge_then_drop(demo: DemoServer) -> None:
    demo.fault("create", "charge-then-drop", match="paid and dropped")
    with pytest.raises(requests.ConnectionError):
        post(demo, "paid and dropped")
    assert len(charges(demo, "paid and dropped")) == 1


def test_charge_then_hang(demo: DemoServer) -> None:
    demo.fault("create", "charge-then-hang", match="paid and hung", seconds=0.1)
    with pytest.raises(requests.ConnectionError):
        post(demo, "paid and hung")
    assert len(charges(demo, "paid and hung")) == 1


def test_charge_then_502(demo: DemoServer) -> None:
    demo.fault("create", "charge-then-502", match="paid bad gateway")
    assert post(demo, "paid bad gateway").status_code == 502
    assert len(charges(demo, "paid bad gateway")) == 1


def test_charge_then_late(demo: DemoServer) -> None:
    demo.fault("create", "charge-then-late", match="paid and late", seconds=0.2)
    began = time.monotonic()
    assert post(demo, "paid and late").json()["id"] == charges(demo, "paid and late")[0]["id"]
    assert time.monotonic() - began >= 0.2


def test_half_json(demo: DemoServer) -> None:
    demo.fault("create", "half-json", match="half an answer")
    answer = post(demo, "half an answer")
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"."):
        answer.json()
    assert len(charges(demo, "half an answer")) == 1


def test_cut_short(demo: DemoServer) -> None:
    demo.fault("create", "cut-short", match="cut answer")
    with pytest.raises(requests.RequestException):
        post(demo, "cut answer")
    assert len(charges(demo, "cut answer")) == 1


def test_no_id(demo: DemoServer) -> None:
    demo.fault("create", "no-id", match="nameless")
    answer = post(demo, "nameless").json()
    assert (answer["code"], "id" in answer) == (0, False)
    assert len(charges(demo, "nameless")) == 1


def test_known_id(demo: DemoServer) -> None:
    known = create(demo.url, "the known one")["id"]
    demo.fault("create", "known-id", match="same name", id=known, times=1)
    demo.fault("create", "known-id", match="same name", times=1)
    assert post(demo, "same name").json()["id"] == known
    assert post(demo, "same name").json()["id"] == demo.charges()[0]["id"]
    assert len(charges(demo, "same name")) == 2


def test_done_at_once(demo: DemoServer) -> None:
    demo.settings(seconds=[600, 600])
    demo.fault("create", "done-at-once", match="no waiting")
    answer = post(demo, "no waiting").json()
    demo.settings(seconds=[0, 0])
    assert answer["status"] == "done"
    assert download(answer["url"]).status_code == 200


def test_failed_at_once(demo: DemoServer) -> None:
    demo.fault("create", "failed-at-once", match="no luck", code=1001, message="Not that")
    answer = post(demo, "no luck").json()
    assert (answer["status"], answer["code"], answer["message"]) == ("failed", 1001, "Not that")
    assert result(demo.url, answer["id"])["status"] == "failed"
    assert [charge["refunded"] for charge in charges(demo, "no luck")] == [True]


def test_drip_of_an_answer(demo: DemoServer) -> None:
    demo.fault("create", "drip", match="drop by drop", interval=0.0)
    assert post(demo, "drop by drop").json()["code"] == 0
    assert len(charges(demo, "drop by drop")) == 1


def test_drip_ends_when_the_caller_has_gone(demo: DemoServer) -> None:
    demo.fault("create", "drip", match="slow answer", interval=0.05)
    body = json.dumps({"model": "gpt-image-1-low", "prompt": "slow answer"}).encode()
    with socket.create_connection(("127.0.0.1", demo.port), timeout=SECONDS) as caller:
        head = b"POST /v1/media/create HTTP/1.1\r\nHost: x\r\nAuthorization: k\r\n"
        caller.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert caller.recv(4) == b"H"
    assert create(demo.url, "still serving")["code"] == 0


# Result


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        ("idle-forever", {"status": "idle", "url": None}),
        ("done-without-url", {"status": "done", "url": None}),
        ("unknown-word", {"status": "dreaming", "url": None}),
        ("not-found", {"code": 4}),
        ("other-id", {"id": "0123456789abcdef01234567"}),
        ("failed", {"status": "failed", "code": 0, "url": None}),
        ("failed-with-cost", {"status": "failed", "cost": 4.0}),
        ("done-with-cost", {"status": "done", "cost": 4.0}),
        ("code-6", {"code": 6}),
    ],
)
def test_altered_results(demo: DemoServer, behaviour: str, expected: dict[str, Any]) -> None:
    identity = create(demo.url, f"result {behaviour}.")["id"]
    demo.fault("result", behaviour, match=f"result {behaviour}.", times=1)
    answer = result(demo.url, identity)
    assert answer | expected == answer
    after = result(demo.url, identity)
    lasting = behaviour.startswith(("failed", "done-with-cost"))
    assert after == answer if lasting else after["status"] == "done"


def test_a_failed_task_is_refunded_unless_it_names_a_cost(demo: DemoServer) -> None:
    for behaviour, refunded in (("failed", True), ("failed-with-cost", False)):
        prompt = f"money of {behaviour}."
        demo.fault("result", behaviour, match=prompt)
        result(demo.url, create(demo.url, prompt)["id"])
        assert [charge["refunded"] for charge in charges(demo, prompt)] == [refunded]


def test_a_cost_may_differ_from_the_price(demo: DemoServer) -> None:
    demo.fault("result", "done-with-cost", match="dearer", cost=5.25)
    assert result(demo.url, create(demo.url, "dearer")["id"])["cost"] == 5.25


def test_done_then_idle(demo: DemoServer) -> None:
    identity = create(demo.url, "to and fro")["id"]
    demo.fault("result", "done-then-idle", match="to and fro", times=3)
    words = [result(demo.url, identity)["status"] for _ in range(4)]
    assert words == ["done", "idle", "done", "done"]


@pytest.mark.parametrize(("behaviour", "kind"), [("garbage", "json"), ("html", "html")])
def test_results_that_are_no_json(demo: DemoServer, behaviour: str, kind: str) -> None:
    identity = create(demo.url, f"noise {behaviour}")["id"]
    demo.fault("result", behaviour, match=f"noise {behaviour}", times=2)
    for _ in range(2):
        answer = asked(demo, identity)
        assert (answer.status_code, kind in answer.headers["Content-Type"]) == (200, True)
        with pytest.raises(ValueError, match=r"."):
            answer.json()
    assert result(demo.url, identity)["status"] == "done"


def test_drip_of_a_result(demo: DemoServer) -> None:
    identity = create(demo.url, "drip result")["id"]
    demo.fault("result", "drip", match="drip result", interval=0.0)
    assert result(demo.url, identity)["id"] == identity


# Download


@pytest.mark.parametrize(
    ("behaviour", "content_type", "kind"),
    [
        ("png", "image/png", "PNG"),
        ("jpeg", "image/jpeg", "JPEG"),
        ("gif", "image/gif", "GIF"),
        ("wrong-content-type", "text/plain", "WEBP"),
        ("without-length", "image/webp", "WEBP"),
    ],
)
def test_the_picture_in_another_form(
    demo: DemoServer, behaviour: str, content_type: str, kind: str
) -> None:
    url = ready_url(demo, f"form {behaviour}")
    original = Image.open(io.BytesIO(download(url).content))
    demo.fault("download", behaviour, match=f"form {behaviour}")
    answer = download(url)
    picture = Image.open(io.BytesIO(answer.content))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, content_type)
    assert (picture.format, picture.size) == (kind, original.size)


@pytest.mark.parametrize(
    ("behaviour", "beginning"),
    [("empty", b""), ("html", b"<!doctype html>"), ("svg", b"<svg"), ("damaged", b"RIFF")],
)
def test_a_file_that_is_no_picture(demo: DemoServer, behaviour: str, beginning: bytes) -> None:
    url = ready_url(demo, f"file {behaviour}")
    right = download(url).content
    demo.fault("download", behaviour, match=f"file {behaviour}", times=1)
    answer = download(url)
    assert answer.status_code == 200
    assert answer.content.startswith(beginning)
    assert answer.content != right
    assert download(url).content == right


def test_truncated(demo: DemoServer) -> None:
    url = ready_url(demo, "half a file")
    demo.fault("download", "truncated", match="half a file", times=1)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        download(url)
    assert download(url).status_code == 200


def test_bomb(demo: DemoServer) -> None:
    url = ready_url(demo, "boom")
    demo.fault("download", "bomb", match="boom")
    answer = download(url)
    assert len(answer.content) < 1024 * 1024
    assert answer.content[16:24] == (30_000).to_bytes(4) * 2


def test_gone(demo: DemoServer) -> None:
    url = ready_url(demo, "gone for a while")
    demo.fault("download", "gone", match="gone for a while", times=2)
    assert [download(url).status_code for _ in range(3)] == [404, 404, 200]


def test_redirect_of_a_file(demo: DemoServer) -> None:
    url = ready_url(demo, "over there")
    demo.fault("download", "redirect", match="over there", url="http://127.0.0.2:1/x")
    answer = requests.get(url, timeout=SECONDS, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (307, "http://127.0.0.2:1/x")


def test_endless(demo: DemoServer) -> None:
    url = ready_url(demo, "without end")
    demo.fault("download", "endless", match="without end")
    taken = 0
    with requests.get(url, timeout=SECONDS, stream=True) as answer:
        for block in answer.iter_content(1024 * 1024):
            taken += len(block)
            if taken > 20 * 1024 * 1024:
                break
    assert taken > 20 * 1024 * 1024


def test_drip_of_a_file(demo: DemoServer) -> None:
    url = ready_url(demo, "file by drops")
    demo.fault("download", "drip", match="file by drops", interval=60)
    with requests.get(url, timeout=SECONDS, stream=True) as answer:
        assert int(answer.headers["Content-Length"]) > 1000
        assert answer.raw.read(1) == b"R"


# The rules themselves


def test_rules_are_used_in_order_and_can_be_cleared(demo: DemoServer) -> None:
    demo.fault("create", "code-6", match="ordered", times=1)
    demo.fault("create", "code-5", match="ordered")
    assert [post(demo, "ordered").json()["code"] for _ in range(3)] == [6, 5, 5]
    demo.no_faults()
    assert post(demo, "ordered").json()["code"] == 0


@pytest.mark.parametrize(
    "rule",
    [
        {"on": "nothing", "behaviour": "drop"},
        {"on": "create", "behaviour": "gone"},
        {"on": "create", "behaviour": "code-x"},
        {"on": "result", "behaviour": ""},
        {},
    ],
)
def test_a_wrong_rule_is_refused_in_words(demo: DemoServer, rule: dict[str, Any]) -> None:
    with pytest.raises(HTTPError) as refused:
        demo.call("POST", "faults", rule)
    assert refused.value.code == 400
    assert "one of" in json.load(refused.value)["error"]["message"]


@pytest.mark.parametrize("change", [{"colour": 1}, {"seconds": [5, 1]}, {"scale": 9}])
def test_wrong_settings_are_refused(demo: DemoServer, change: dict[str, Any]) -> None:
    with pytest.raises(HTTPError) as refused:
        demo.settings(**change)
    assert refused.value.code == 400
    refused.value.close()


def test_latency_delays_every_answer(demo: DemoServer) -> None:
    demo.settings(latency=0.2)
    began = time.monotonic()
    assert create(demo.url, "far away")["code"] == 0
    demo.settings(latency=0)
    assert time.monotonic() - began >= 0.2


def test_each_exchange_has_the_common_faults() -> None:
    for table in (CREATE, RESULT, DOWNLOAD):
        assert set(EVERYWHERE) < set(table)
