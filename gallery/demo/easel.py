"""Where pictures are painted ahead of time, one after the other, and kept on the disk."""

import contextlib
import itertools
import queue
import threading
from pathlib import Path

from gallery.demo.pictures import paint, to_webp
from gallery.demo.tasks import Task


class Easel:
    """Paints each task's picture once: in the background, or when it is asked for earlier."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._brush = threading.Lock()  # one picture at a time: each takes a core and some 30 MB
        self._turn = itertools.count()
        self._waiting: queue.PriorityQueue[tuple[float, int, Task, float]] = queue.PriorityQueue()
        threading.Thread(target=self._paint_for_ever, name="easel", daemon=True).start()

    def paint_soon(self, task: Task, scale: float) -> None:
        """Paint the picture in the background, those that are due first before the others."""
        self._waiting.put((task.ready_at, next(self._turn), task, scale))

    def picture(self, task: Task, scale: float) -> bytes:
        """The task's webp file, painted now if it is not there yet; `scale` shrinks a new one."""
        path = self._path(task)
        if not path.exists():
            with self._brush:
                if not path.exists():
                    self._paint(task, scale, path)
        return path.read_bytes()

    def forget(self, task: Task) -> None:
        """Throw the picture away."""
        self._path(task).unlink(missing_ok=True)

    def _path(self, task: Task) -> Path:
        return self._folder / f"{task.id}.webp"

    def _paint(self, task: Task, scale: float, path: Path) -> None:
        canvas = paint(task.prompt, task.ar, seed=task.id, scale=scale)
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(to_webp(canvas, references=len(task.images)))
        unfinished.replace(path)

    def _paint_for_ever(self) -> None:
        while True:
            _, _, task, scale = self._waiting.get()
            # A full disk must not end the painting: the download tries again, and says so.
            with contextlib.suppress(OSError):
                self.picture(task, scale)
