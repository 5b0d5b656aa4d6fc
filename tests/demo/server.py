"""The demo provider as a process for tests: on a free port, steered by its control calls."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
NO_PROXIES = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class DemoServer:
    """A demo provider of its own. Use it as a context manager, or call start() and stop().

    `data` is the folder it keeps its tasks in; `port` stays the same over a restart.
    """

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = 0
        self.options: list[str] = []
        self.process: subprocess.Popen[str] | None = None

    def start(
        self,
        *,
        control: bool = True,
        seconds: tuple[float, float] = (0.0, 0.2),
        key: str | None = None,
        scale: float | None = 0.25,
    ) -> Self:
        """Start it and wait until it listens. `scale` shrinks the pictures: they cost much time.

        Without control the pictures have their whole size.
        """
        self.options = [f"--seconds={seconds[0]}-{seconds[1]}"]
        self.options += ["--control"] if control else []
        self.options += [f"--key={key}"] if key else []
        self._launch()
        if control and scale is not None:
            self.settings(scale=scale)
        return self

    def restart(self) -> Self:
        """Start it again with the same options and port, after kill() or stop().

        Rules and settings of the control calls are forgotten; tasks and charges are not.
        """
        self._launch()
        return self

    def stop(self) -> int:
        """End it with SIGTERM; returns its exit code."""
        if self.process is None:
            return 0
        self.process.terminate()
        return self._reap()

    def kill(self) -> int:
        """End it with SIGKILL."""
        assert self.process is not None
        self.process.kill()
        return self._reap()

    def __enter__(self) -> Self:
        return self if self.process else self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def host(self) -> str:
        """host:port, as RESULT_HOSTS wants it."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The API's URL, without a trailing slash."""
        return f"http://{self.host}/v1"

    def charges(self) -> list[dict[str, Any]]:
        """Every accepted create: id, prompt, model, price_kopecks, at, ar, images, refunded."""
        return list(self.call("GET", "charges"))

    def fault(
        self, on: str, behaviour: str, *, match: str = "", times: int | None = None, **params: Any
    ) -> None:
        """Add a rule; earlier rules are asked first. The names are in gallery/demo/faults.py."""
        rule = {"on": on, "behaviour": behaviour, "match": match, "times": times, **params}
        self.call("POST", "faults", rule)

    def no_faults(self) -> None:
        """Forget all rules."""
        self.call("DELETE", "faults")

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Change seconds, latency, link_seconds, scale, refuse_models or balance (roubles)."""
        return dict(self.call("POST", "settings", changes))

    def requests(self) -> dict[str, dict[str, int]]:
        """Counts: calls by kind, creates by prompt, results and downloads by id."""
        return dict(self.call("GET", "requests"))

    def ready(self, *, id: str | None = None, match: str | None = None) -> list[str]:
        """Make tasks ready now, by id or by a part of their prompt; returns their ids."""
        return list(self.call("POST", "ready", {"id": id, "match": match})["ready"])

    def ready_times(self) -> dict[str, float]:
        """When each ready task became so: epoch seconds by id."""
        return dict(self.call("GET", "ready-times"))

    def call(self, method: str, name: str, body: object = None) -> Any:
        """One control call; raises urllib.error.HTTPError when it is refused."""
        request = urllib.request.Request(
            f"http://{self.host}/control/{name}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
        )
        with NO_PROXIES.open(request, timeout=30) as answer:
            return json.load(answer)

    def _launch(self) -> None:
        command = [sys.executable, "-m", "gallery.demo", "--with-parent"]
        command += [f"--port={self.port}", f"--data={self.data}", *self.options]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if "listening on" not in line:
            raise RuntimeError(f"the demo provider did not start (exit {self._reap()}): {line!r}")
        self.port = int(line.rsplit(":", 1)[1].split("/")[0])

    def _reap(self) -> int:
        assert self.process is not None
        assert self.process.stdout is not None
        code = self.process.wait(timeout=20)
        self.process.stdout.close()
        self.process = None
        return code
