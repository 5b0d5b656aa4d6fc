"""Every failpoint of the source, how a house is brought there, and how its tasks must end.

A group arms its failpoints one after the other in a working house, and kills at each. The endings
are exact: what was claimed and not seen to be answered is unknown, whatever the provider knows;
what was accepted ends done; what was rolled back is done over.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import requests

from tests.chaos.rig import MODEL, PICTURE_SECONDS, SLOW_PICTURE_SECONDS, SWEEP, Rig
from tests.running import wait_for, with_grace

HIT_SECONDS = 60.0
END_SECONDS = 60.0
PUMPS = ("submit", "poll", "save")

Endings = Mapping[str, str]
"""The state, or several with a bar between, in which a task must end that was hit there."""

ORDERING = ("booked-hold", "moved-held", "batch-accepted")
SENDING: Endings = {
    "send-claimed": "unknown",
    "create-connected": "unknown",
    "create-before-first-byte": "unknown",
    "create-after-last-byte": "unknown",
    "create-answer-begun": "unknown",
    "create-answered": "unknown",
    "send-answered": "unknown",
    "moved-accepted": "unknown",
    "accepted-written": "done",
    "send-written": "done",
    "submit-lease-ends-soon": "done|unknown",
    "submit-lease-free": "done",
    # From here on nothing else is under way: what is rolled back is not to be hit by the next.
    "moved-sending": "done",
    "submit-lease-taken": "done",
}
ASKING: Endings = dict.fromkeys(
    (
        "poll-lease-taken",
        "poll-answered",
        "moved-ready",
        "poll-ready-written",
        "poll-lease-ends-soon",
        "poll-lease-free",
    ),
    "done",
)
SAVING: Endings = dict.fromkeys(
    (
        "save-lease-taken",
        "save-claimed",
        "file-opened",
        "file-growing",
        "save-downloaded",
        "keep-before-sync",
        "keep-synced",
        "keep-renamed",
        "keep-folder-synced",
        "save-before-thumbnails",
        "save-before-row",
        "moved-saved",
        "booked-settle",
        "save-row-written",
        "save-lease-ends-soon",
        "save-lease-free",
    ),
    "done",
)
OTHERWISE: Mapping[str, tuple[str, str, str]] = {
    # Where, and by which answer: the transaction is rolled back, so nobody knows the answer.
    "moved-refused": ("create", "code-3", "unknown"),
    "booked-release": ("create", "422", "unknown"),
    "moved-sent-back": ("create", "code-6", "unknown"),
    "moved-unknown": ("create", "page-on-200", "unknown"),
    "moved-failed": ("create", "fails-at-once", "unknown"),
    "moved-relinked": ("download", "gone", "done"),
}
JOURNAL: Endings = {
    "id-not-written": "unknown",
    "journal-before-rename": "done",
    "journal-renamed": "done",
    "journal-folder-synced": "done",
    "journal-placed": "done",
}
SWEEPING = ("sweep-begun", "sweep-ids-home", "sweep-stale-gone")
SWEEPING_DOUBT = "sweep-doubted"
CLUSTER = (
    "heartbeat-sent",
    "heartbeat-at-the-far-end",
    "cluster-prepared",
    "cluster-rows-unlocked",
)
DEEDS = (
    "moved-canceled",
    "moved-restored",
    "moved-lost",
    "booked-adjust",
    "moved-asked-again",
    "upload-kept",
    "moved-rescued",
    "moved-identified",
    "moved-not-charged",
    "moved-written-off",
)
PURGING = (
    "purge-announced",
    "purge-row-written",
    "purge-thumbnails-gone",
    "purge-files-gone",
)
POINTS: tuple[str, ...] = (
    *ORDERING,
    *SENDING,
    *ASKING,
    *SAVING,
    *OTHERWISE,
    *JOURNAL,
    *SWEEPING,
    SWEEPING_DOUBT,
    *CLUSTER,
    *DEEDS,
    *PURGING,
)
NO_MOVES = {"owner-note"}
"""Lines of a task's story that change no state."""
EXPANDED = {
    "moved-*": tuple(name for name in POINTS if name.startswith("moved-")),
    "booked-*": ("booked-settle", "booked-release", "booked-adjust"),
    **{
        f"*-lease-{what}": tuple(f"{pump}-lease-{what}" for pump in PUMPS)
        for what in ("taken", "ends-soon", "free")
    },
}
"""What the names with a hole in them are at run time."""


@dataclass(frozen=True)
class Group:
    name: str
    points: Collection[str]
    run: Callable[[Rig], None] = field(repr=False)


def _group(name: str, points: Collection[str], run: Callable[[Rig], None]) -> Group:
    def run_and_check(rig: Rig) -> None:
        rig.provider.no_mix()
        rig.provider.no_rules()
        wait_for(rig.installation.is_well, HIT_SECONDS, "health")
        run(rig)
        assert not rig.armoury.armed()
        hit = {hit.name for hit in rig.armoury.hits()}
        assert not set(points) - hit
        assert rig.wrong() == []

    return Group(name, points, run_and_check)


def hits(rig: Rig, point: str) -> int:
    return sum(hit.name == point for hit in rig.armoury.hits())


def kill_at(rig: Rig, point: str, bring: Callable[[], object], *, sweeping: bool = False) -> None:
    """Arm it, bring the house there, and wait until somebody was killed at it."""
    before = hits(rig, point)
    rig.armoury.arm(point)
    bring()

    def is_hit() -> bool:
        if sweeping:
            rig.tell(SWEEP)
        return hits(rig, point) > before

    wait_for(is_hit, HIT_SECONDS, f"a kill at {point}")
    rig.note_cut()


def must_end(rig: Rig, endings: Endings) -> None:
    """Each of these prompts' tasks comes to its end."""

    def ended() -> bool:
        rig.tell(SWEEP)
        time.sleep(0.1)
        found = {text: rig.status_of(text) for text in endings}
        return all(
            found[text] and set(found[text]) <= set(wanted.split("|"))
            for text, wanted in endings.items()
        )

    rig.press_on()
    try:
        wait_for(ended, END_SECONDS, "the right endings")
    except AssertionError as error:
        found = {text: rig.status_of(text) for text in endings}
        raise AssertionError(f"not {endings}, but {found}") from error


# --- the groups


def _ordering(rig: Rig) -> None:
    """Killed in mid-press, and pressed again with the same form: one batch."""
    for point in ORDERING:
        rig.armoury.arm(point)
    rig.order("alice", "ordering", count=2)
    rig.press_on()
    must_end(rig, {"ordering": "done"})
    assert len(rig.status_of("ordering")) == 2


def _one_by_one(points: Endings, rule: tuple[str, str] | None = None) -> Callable[[Rig], None]:
    def run(rig: Rig) -> None:
        for point in points:
            if rule:
                rig.provider.rule(*rule, match=f"at {point}")
            # A quick picture is there before its pump has held the lease for long.
            rig.provider.takes(SLOW_PICTURE_SECONDS if "ends-soon" in point else PICTURE_SECONDS)
            kill_at(rig, point, lambda: rig.order("bob", f"at {point}"))  # noqa: B023
        rig.provider.takes(PICTURE_SECONDS)
        must_end(rig, {f"at {point}": ending for point, ending in points.items()})

    return run


def _otherwise(rig: Rig) -> None:
    for point, (on, behaviour, _) in OTHERWISE.items():
        rig.provider.rule(on, behaviour, match=f"at {point}", times=2)
        kill_at(rig, point, lambda: rig.order("dora", f"at {point}"))  # noqa: B023
    must_end(rig, {f"at {point}": ending for point, (*_, ending) in OTHERWISE.items()})


def _journal(rig: Rig) -> None:
    """The database refuses in the very moment an id arrives, and then the process dies."""
    for point in JOURNAL:
        rig.armoury.arm("moved-accepted", "no-database")
        kill_at(rig, point, lambda: rig.order("alice", f"at {point}"), sweeping=True)  # noqa: B023
        # One after the other: bringing an id home passes the armed moment too.
        must_end(rig, {f"at {point}": JOURNAL[point]})


def _sweeping(rig: Rig) -> None:
    kill_at(rig, "send-claimed", lambda: rig.order("bob", "a doubt"))
    rig.armoury.arm(SWEEPING_DOUBT)
    for point in SWEEPING:
        kill_at(rig, point, lambda: rig.tell(SWEEP))
    must_end(rig, {"a doubt": "unknown"})
    wait_for(lambda: SWEEPING_DOUBT not in rig.armoury.armed(), HIT_SECONDS, "a doubt")


def _cluster(rig: Rig) -> None:
    for point in CLUSTER:
        bring = _kill_parent if point.startswith("cluster") else Rig.processes
        kill_at(rig, point, lambda: bring(rig))  # noqa: B023
    rig.order("alice", "after the cluster")
    must_end(rig, {"after the cluster": "done"})


def _kill_parent(rig: Rig) -> object:
    parent = wait_for(lambda: rig.processes().get("parent"), HIT_SECONDS, "a cluster")[0]
    return with_grace(parent.kill)


# What a person does in a page, done in a process of its own: killed in the middle, and done again.

NAMES = f"""
from django.conf import settings
from django.db.models import F
from django.utils import timezone
from gallery.models import Image, ImageModel, Studio, Task, User
carol = User.objects.get(username="carol")
def tasks(text):
    return Task.objects.filter(batch__prompt__text=text).order_by("pk")
def only(text):
    return tasks(text).get().pk
model = ImageModel.objects.get(remote_id={MODEL!r})
"""
RESCUE = """
from gallery.archive import store
from gallery.jobs import save
task = tasks("to rescue").get()
with store.receive(settings.DATA_DIR) as incoming:
    incoming.write(bytes.fromhex(content))
    with save.brought(task, incoming) as file:
        answer = save.rescue(task, file, by=carol)
"""


def _deed(rig: Rig, point: str, script: str) -> None:
    rig.armoury.arm(point)
    assert rig.tell_a_fork(NAMES + script) == signal.SIGKILL, point
    assert rig.tell(NAMES + script), point


def _undo(rig: Rig, seconds: int) -> None:
    rig.tell(f"{NAMES}Studio.objects.filter(pk=1).update(undo_send_seconds={seconds})")


def _in_state(rig: Rig, text: str, state: str) -> None:
    wait_for(lambda: set(rig.status_of(text)) == {state}, HIT_SECONDS, f"{text}: {state}")


def _deeds(rig: Rig) -> None:
    texts = {"to identify": "drops-before-any-byte", "to write off": "drops-before-any-byte"}
    for text, behaviour in {**texts, "not charged": "drops-and-charges-nothing"}.items():
        rig.provider.rule("create", behaviour, match=text)
        rig.order("dora", text)
    rig.provider.call("POST", "settings", {"seconds": 600})
    for text in ("to lose", "to adjust", "to rescue"):
        rig.order("dora", text)
        _in_state(rig, text, "rendering")
    _undo(rig, 10)
    rig.order("dora", "to cancel")
    rig.order("dora", "to restore")
    rig.press_on()
    _undo(rig, 0)
    _deed(rig, "moved-canceled", 'answer = Task.objects.cancel(only("to cancel"), by=carol)')
    _deed(rig, "moved-restored", 'answer = Task.objects.doubt_restored(only("to restore"))')
    _deed(rig, "moved-lost", 'answer = Task.objects.lose(only("to lose"), "never-came")')
    dear = 'tasks("to adjust").update(cost_kopecks=F("price_kopecks") + 100)\n'
    _deed(
        rig, "booked-adjust", dear + 'answer = Task.objects.lose(only("to adjust"), "never-came")'
    )
    rig.tell(f'{NAMES}Task.objects.lose(only("to rescue"), "never-came")')
    _deed(rig, "moved-asked-again", 'answer = Task.objects.ask_again(only("to lose"), by=carol)')
    content = _file_of(rig, "to rescue")
    rescue = f"content = {content.hex()!r}\n{RESCUE}"
    rig.armoury.arm("upload-kept")
    assert rig.tell_a_fork(NAMES + rescue) == signal.SIGKILL, "upload-kept"
    _deed(rig, "moved-rescued", rescue)
    rig.provider.call("POST", "settings", {"seconds": 0.2})
    for text in ("to identify", "to write off", "not charged"):
        _in_state(rig, text, "unknown")
    over = 'assert not tasks("not charged").filter(claimed_until__gt=timezone.now()).exists()\n'
    wait_for(lambda: _is_over(rig), HIT_SECONDS, "the end of all claims")
    charge = json.dumps(rig.provider.charges("to identify")[0].id)
    _deed(
        rig,
        "moved-identified",
        f'answer = Task.objects.identify(only("to identify"), {charge}, by=carol)',
    )
    _deed(
        rig,
        "moved-not-charged",
        over + 'answer = Task.objects.clear(only("not charged"), "seen", by=carol)',
    )
    _deed(
        rig,
        "moved-written-off",
        'answer = Task.objects.write_off(only("to write off"), "given-up", by=carol)',
    )
    must_end(
        rig,
        {
            "to cancel": "canceled",
            "to restore": "unknown",
            "to lose": "done",
            "to adjust": "lost",
            "to rescue": "done",
            "to identify": "done",
            "not charged": "failed",
            "to write off": "written-off",
        },
    )
    wait_for(lambda: _no_note(rig, "promised"), END_SECONDS, "every broken promise worked off")


def _is_over(rig: Rig) -> bool:
    script = """answer = not Task.objects.filter(
    status="unknown", claimed_until__gt=timezone.now()).exists()"""
    return bool(rig.tell(NAMES + script))


def _file_of(rig: Rig, text: str) -> bytes:
    """From the provider's site, as a person fetches it."""
    charge = rig.provider.charges(text)[0]
    session = requests.Session()
    session.trust_env = False
    answer = session.get(f"http://{rig.provider.host}/files/{charge.id}.webp", timeout=10)
    return answer.content


def _purging(rig: Rig) -> None:
    """Killed anywhere in a purge, it is finished by the next sweeps, or has not begun."""
    script = """from gallery.jobs import purge
from gallery.models import Change
image = Image.objects.in_gallery().filter(task__isnull=False).first() or Image.objects.in_trash()[0]
Change.objects.trash(image.owner, Image.objects.filter(pk=image.pk))
purge.empty(image.owner)
answer = True
"""
    rig.order("alice", "to purge", count=len(PURGING))
    must_end(rig, {"to purge": "done"})
    for point in PURGING:
        rig.armoury.arm(point)
        assert rig.tell_a_fork(NAMES + script) == signal.SIGKILL, point
    wait_for(lambda: _no_note(rig, "removing"), END_SECONDS, "every note worked off")


def _no_note(rig: Rig, folder: str) -> bool:
    rig.tell(SWEEP)
    time.sleep(0.2)
    return not list((rig.data_dir / folder).glob("*"))


GROUPS = (
    _group("ordering", ORDERING, _ordering),
    _group("sending", SENDING, _one_by_one(SENDING, ("create", "accepts-late"))),
    _group("asking", ASKING, _one_by_one(ASKING)),
    _group("saving", SAVING, _one_by_one(SAVING)),
    _group("otherwise", OTHERWISE, _otherwise),
    _group("journal", JOURNAL, _journal),
    _group("sweeping", (*SWEEPING, SWEEPING_DOUBT), _sweeping),
    _group("cluster", CLUSTER, _cluster),
    _group("deeds", DEEDS, _deeds),
    _group("purging", PURGING, _purging),
)
assert {point for group in GROUPS for point in group.points} == set(POINTS)
