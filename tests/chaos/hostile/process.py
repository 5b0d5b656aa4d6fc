"""The hostile provider as a process: started, steered, killed, and started again."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from . import charges

ROOT = Path(__file__).resolve().parents[3]
NO_PROXIES = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class HostileProvider:
    """One provider in a folder of its own; it keeps its port over kill() and start()."""

    def __init__(self, folder: Path, key: str, seconds: float = 0.0) -> None:
        self.folder = folder
        self.key = key
        self.seconds = seconds
        self.port = 0
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        """Start it, for the first time or again, and wait until it listens."""
        command = [sys.executable, "-m", "tests.chaos.hostile", "--with-parent"]
        command += [f"--port={self.port}", f"--folder={self.folder}", f"--key={self.key}"]
        command += [f"--seconds={self.seconds}"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if "listening on" not in line:
            self.kill()
            raise RuntimeError(f"the hostile provider did not start: {line!r}")
        self.port = int(line.rsplit(":", 1)[1].split("/")[0])
        return self

    def kill(self) -> None:
        """End it with SIGKILL."""
        if self.process is None:
            return
        assert self.process.stdout is not None
        self.process.kill()
        self.process.wait(timeout=20)
        self.process.stdout.close()
        self.process = None

    def __enter__(self) -> Self:
        return self if self.process else self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    @property
    def host(self) -> str:
        """host:port, as RESULT_HOSTS wants it."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The API's URL, without a trailing slash."""
        return f"http://{self.host}/v1"

    def rule(self, on: str, behaviour: str, *, match: str = "", times: int | None = None) -> None:
        """The `on` (create, result, download) of prompts that hold `match` behave so."""
        self.call(
            "POST", "rules", {"on": on, "behaviour": behaviour, "match": match, "times": times}
        )

    def no_rules(self) -> None:
        self.call("DELETE", "rules")

    def mix(self, seed: int, *, quick: bool = False, **weights: dict[str, float]) -> None:
        """Chance decides where no rule does; weights by `create`, `result`, `download`."""
        self.call("POST", "mix", {"seed": seed, "quick": quick, "weights": weights})

    def no_mix(self) -> None:
        self.call("DELETE", "mix")

    def takes(self, seconds: float) -> None:
        """How long pictures take from now on."""
        self.call("POST", "settings", {"seconds": seconds})

    # The book is read from the disk, so that it can be read of a dead provider too.

    def creates(self, prompt: str | None = None) -> list[charges.Create]:
        """What arrived, charged or not."""
        found = charges.creates(self.folder)
        return [create for create in found if prompt is None or create.prompt == prompt]

    def charges(self, prompt: str | None = None) -> list[charges.Create]:
        """What was accepted."""
        return [create for create in self.creates(prompt) if create.charged]

    def served(self) -> dict[str, set[str]]:
        """By task, the SHA-256 of each good file that was handed out."""
        return charges.served(self.folder)

    def alarms(self) -> list[str]:
        """What must never have happened."""
        return charges.alarms(self.folder)

    def call(self, method: str, name: str, body: object = None) -> Any:
        """One control call; raises urllib.error.HTTPError when it is refused."""
        request = urllib.request.Request(
            f"http://{self.host}/control/{name}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
        )
        with NO_PROXIES.open(request, timeout=30) as answer:
            return json.load(answer)
