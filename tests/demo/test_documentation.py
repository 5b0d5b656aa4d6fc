"""The proof of honesty: the documentation's own examples run against the demo provider.

`documentation/` holds the examples as their page's text gave them, in which code blocks are glued
to each other and the shell's line breaks are lost. They run unchanged but for host, key and line
breaks.
"""

import ast
import io
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gallery.demo.tasks import Task, TaskStore
from tests.demo.caller import KEY, download
from tests.demo.server import DemoServer

DOCUMENTATION = Path(__file__).parent / "documentation"
DOCUMENTED_HOST, DOCUMENTED_KEY = "https://gptunnel.ru", "YOUR_API_KEY"
DOCUMENTED_ID = "687fab1e49832bb77d34db47"
BLOCKS = re.compile(
    r"(?P<javascript>import axios.*?)(?P<python>import requests.*?)"
    r"(?P<curl>curl .*?)Пример ответа /\w+\s*(?P<answer>\{.*\})\s*$",
    re.DOTALL,
)


def example(name: str, block: str) -> str:
    """One code block of a page, parted from its neighbours."""
    match = BLOCKS.match((DOCUMENTATION / f"{name}.txt").read_text(encoding="utf-8"))
    assert match
    return match[block]


def for_demo(code: str, demo: DemoServer) -> str:
    """The code with the demo's host and key."""
    assert DOCUMENTED_HOST in code
    assert DOCUMENTED_KEY in code
    return code.replace(DOCUMENTED_HOST, f"http://{demo.host}").replace(DOCUMENTED_KEY, KEY)


def run_python(name: str, demo: DemoServer) -> Any:
    """Run the Python example, which prints the answer."""
    code = for_demo(example(name, "python"), demo)
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    return ast.literal_eval(run.stdout)


def run_curl(name: str, demo: DemoServer) -> Any:
    """Run the curl example, with a line break again behind each backslash."""
    command = for_demo(example(name, "curl"), demo).replace("\\ --", "\\\n--")
    assert shutil.which("curl"), "the documentation's examples need curl"
    run = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(run.stdout)


RUNNERS = pytest.mark.parametrize("run", [run_python, run_curl])


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    """A server without control that knows the task of the result examples."""
    folder = tmp_path_factory.mktemp("demo")
    store = TaskStore(folder / "tasks.sqlite3")
    now = time.time()
    model = "gpt-image-1-high"
    store.put(Task(DOCUMENTED_ID, model, "A portrait", "1:1", (), now - 60, now - 30, 2600))
    store.close()
    with DemoServer(folder).start(control=False) as server:
        yield server


@RUNNERS
def test_the_create_example(demo: DemoServer, run: Any) -> None:
    answer = run("create", demo)

    documented = json.loads(example("create", "answer"))
    assert list(answer) == list(documented)
    assert {name: type(value) for name, value in answer.items()} == {
        name: type(value) for name, value in documented.items()
    }
    assert answer["prompt"] == documented["prompt"]
    assert (answer["code"], answer["status"], answer["url"]) == (0, "idle", None)
    assert len(answer["id"]) == len(documented["id"])


@RUNNERS
def test_the_result_example(demo: DemoServer, run: Any) -> None:
    answer = run("result", demo)

    documented = json.loads(example("result", "answer"))
    assert list(answer) == list(documented)
    assert {name: type(value) for name, value in answer.items()} == {
        name: type(value) for name, value in documented.items()
    }
    assert (answer["code"], answer["status"], answer["id"]) == (0, "done", DOCUMENTED_ID)
    assert answer["url"].rpartition("/")[2] == f"{DOCUMENTED_ID}-gpt-image-1-high-original.webp"
    picture = Image.open(io.BytesIO(download(answer["url"]).content))
    assert (picture.format, picture.size) == ("WEBP", (1024, 1024))
