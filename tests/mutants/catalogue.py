"""Dangerous mistakes, as edits of today's source, each with the real tests that must turn red.

A mutant is one mistake that somebody could make in good faith. Its edits replace old text that
stands in its file exactly once: when the source moves on, the mutant moves with it or fails loudly.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """In one file of the source, instead of `old` stands `new`."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """A mistake, and the tests of which at least one must notice it."""

    name: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]
    needs_rows_locked: bool = False
    """No mistake on SQLite, where one writer at a time has the whole database."""
    is_of_sqlite: bool = False
    """A mistake on SQLite alone: tried there, wherever the others are."""


SUBMIT = "gallery/jobs/submit.py"
POLL = "gallery/jobs/poll.py"
TASKS = "gallery/models/task_queryset.py"
WHICH_TASKS = "gallery/models/task_filters.py"
BUDGET = "gallery/models/budget.py"
CHARGE = "gallery/models/charge.py"
BATCH = "gallery/models/batch.py"
CLIENT = "gallery/provider/client.py"
WIRE = "gallery/provider/wire.py"
DOWNLOAD = "gallery/provider/download.py"
VERDICTS = "gallery/provider/verdicts.py"
HOSTS = "gallery/provider/hosts.py"
STORE = "gallery/archive/store.py"
COMPARISON = "gallery/models/comparison.py"
SETTINGS = "project/settings.py"

TEST_SUBMIT = "tests/jobs/test_submit.py"
TEST_POLL = "tests/jobs/test_poll.py"
TEST_TASK = "tests/models/test_task.py"
TEST_BATCH = "tests/models/test_batch.py"
TEST_MANY = "tests/models/test_many_orders.py"
TEST_CREATE = "tests/provider/test_create.py"
TEST_RESULT = "tests/provider/test_result.py"
TEST_DOWNLOAD = "tests/provider/test_download.py"
TEST_STORE = "tests/archive/test_store.py"
TEST_RACES = "tests/models/test_races.py"
TEST_PROCESSES = "tests/models/test_race_of_processes.py"
TEST_SETTINGS = "tests/project/test_settings.py"
TEST_POLICY = "tests/views/test_policy.py"
TEST_BACKUP = "tests/management/test_backup.py"
TEST_COMPARISON = "tests/models/test_comparison.py"
TEST_AFTER_RESTORE = "tests/models/test_after_restore.py"
TEST_CLOCKS = "tests/jobs/test_clocks.py"
TEST_STUDIO = "tests/models/test_studio.py"
TEST_BAD_DAYS = "tests/jobs/test_bad_days.py"


HOLD = """            fits = Q(limit_kopecks=None) | Q(
                limit_kopecks__gte=F("held_kopecks") + F("spent_kopecks") + kopecks
            )
            if not self.filter(fits, pk=row.pk).update(held_kopecks=F("held_kopecks") + kopecks):
"""
HOLD_NAIVELY = """            row.refresh_from_db()
            left = row.left_kopecks
            held = row.held_kopecks + kopecks
            if left is None or left >= kopecks:
                self.filter(pk=row.pk).update(held_kopecks=held)
            else:
"""
EXEMPT = "from django.views.decorators.csrf import csrf_exempt\n\n\n@csrf_exempt\n"


def one(
    name: str, file: str, old: str, new: str, *tests: str, is_of_sqlite: bool = False
) -> Mutant:
    return Mutant(name, (Edit(file, old, new),), tests, is_of_sqlite=is_of_sqlite)


def sent_again_when(condition: str) -> Edit:
    """A create that is repeated on a fresh connection when its answer was no answer."""
    return Edit(
        CLIENT,
        "            return self._send(line, request)\n",
        f"""            first = self._send(line, request)
        if not (isinstance(first, Unknown) and {condition}):
            return first
        until = clock() + self._connect_timeout
        with closing(Line(dial(self._place, until), until)) as again:
            return self._send(again, request)
""",
    )


CREATES = (
    Mutant(
        "commit-after-the-post",
        (
            Edit(
                SUBMIT,
                """        claim = _claim(task_id)
        if claim is not None:
            failpoint("send-claimed")
            self.under_way.add(
                self.threads.submit(_in_thread, self.client, task_id, claim, deadline)
            )
""",
                """        with transaction.atomic():
            claim = _claim(task_id)
            if claim is not None:
                transmit(self.client, task_id, claim, deadline)
""",
            ),
            Edit(
                SUBMIT,
                "from django.db import DatabaseError, connection\n",
                "from django.db import DatabaseError, connection, transaction\n",
            ),
        ),
        (f"{TEST_SUBMIT}::test_the_claim_is_committed_before_the_first_byte",),
    ),
    Mutant(
        "retry-on-a-read-time-out",
        (sent_again_when('first.reason == "timeout"'),),
        (f"{TEST_SUBMIT}::test_silence_after_the_charge_is_unknown_and_never_sent_again",),
    ),
    Mutant(
        "retry-on-502",
        (sent_again_when("first.http_status == 502"),),
        (f"{TEST_SUBMIT}::test_silence_after_the_charge_is_unknown_and_never_sent_again",),
    ),
    one(
        "lease-back-to-queued",
        TASKS,
        "self._move(pk, S.SENDING, S.UNKNOWN, overdue,",
        "self._move(pk, S.SENDING, S.QUEUED, overdue,",
        f"{TEST_TASK}::test_a_dead_sender_leaves_unknown",
    ),
    Mutant(
        "redirects-on",
        (
            Edit(
                CLIENT,
                "        return create_outcome(answer, self._redactor)\n",
                """        if 300 <= answer.status < 400:
            place = line.beginning.partition(b"http://")[2].partition(b"\\r\\n")[0].decode()
            host, _, port = place.partition(":")
            until = clock() + self._connect_timeout
            with closing(Line(dial(Place(False, host, int(port)), until), until)) as again:
                return self._send(again, request)
        return create_outcome(answer, self._redactor)
""",
            ),
        ),
        (f"{TEST_CREATE}::test_a_redirect_is_not_followed",),
    ),
    Mutant(
        "redirects-on-for-a-question",
        (
            Edit(CLIENT, "                allow_redirects=False,\n", ""),
            Edit(
                CLIENT,
                "class _Session(requests.Session):\n    def get_redirect_target(",
                "class _Session(requests.Session):\n    def gone(",
            ),
        ),
        (f"{TEST_RESULT}::test_a_redirect_is_not_followed_and_its_body_not_swallowed",),
    ),
    one(
        "proxies-of-the-environment",
        CLIENT,
        "session.trust_env = False",
        "session.trust_env = True",
        f"{TEST_RESULT}::test_the_request_is_as_documented_and_takes_nothing_from_the_environment",
    ),
    Mutant(
        "id-saved-late",
        (
            Edit(
                SUBMIT,
                "    _write_down(task, claim, outcome, seconds=clock() - began)\n",
                "    LATE.append((task, claim, outcome))\n",
            ),
            Edit(
                SUBMIT,
                "            self.under_way.discard(future)\n            future.result()\n",
                """            self.under_way.discard(future)
            future.result()
        while LATE and not self.under_way:
            _write_down(*LATE.pop(), seconds=0.0)
""",
            ),
            Edit(SUBMIT, "\n\ndef accept(", "\nLATE: list = []\n\n\ndef accept("),
        ),
        (f"{TEST_SUBMIT}::test_an_id_is_on_its_row_while_another_create_still_hangs",),
    ),
    one(
        "id-lost-when-the-row-cannot-be-written",
        SUBMIT,
        "not _keep_id(task, claim, accepted.remote_id) and isinstance(error, Exception)",
        "isinstance(error, ZeroDivisionError)",
        f"{TEST_SUBMIT}::test_an_id_is_kept_whatever_else_breaks",
    ),
    one(
        "id-dropped-when-the-disk-refuses-too",
        SUBMIT,
        "            raise IdNotKept(accepted.remote_id) from error\n",
        "            pass\n",
        f"{TEST_SUBMIT}::test_an_id_that_neither_row_nor_journal_takes_is_held_until_one_does",
    ),
    one(
        "known-id-taken-for-a-refusal",
        SUBMIT,
        '        _doubt(task, claim, "known-id", detail)\n',
        '        Task.objects.refuse(task.pk, claim, "known-id", detail)\n',
        f"{TEST_SUBMIT}::test_a_known_id_is_no_answer",
    ),
    one(
        "fence-not-asked",
        CLIENT,
        "            if not may_send():\n",
        "            if False:\n",
        f"{TEST_CREATE}::test_the_fence_is_asked_on_a_standing_connection_and_lets_no_byte_out",
    ),
    one(
        "time-not-looked-at-after-the-fence",
        CLIENT,
        """            if clock() >= deadline:
                return NotSent("fence", "the time was up")
            return self._send""",
        "            return self._send",
        f"{TEST_CREATE}::test_a_deadline_that_passes_while_the_fence_is_asked_lets_no_byte_out",
    ),
    one(
        "pause-not-looked-at-by-the-fence",
        TASKS,
        "return self.unpaused().unheld().filter(pk=pk, status=S.SENDING, claim=claim).exists()",
        "return self.unheld().filter(pk=pk, status=S.SENDING, claim=claim).exists()",
        f"{TEST_TASK}::test_pause_between_claim_and_first_byte_holds_the_send_back",
    ),
    one(
        "hold-on-a-member-not-looked-at-by-the-fence",
        TASKS,
        "return self.unpaused().unheld().filter(pk=pk, status=S.SENDING, claim=claim).exists()",
        "return self.unpaused().filter(pk=pk, status=S.SENDING, claim=claim).exists()",
        "tests/models/test_refusals.py",
    ),
    one(
        "claim-not-looked-at-by-the-fence",
        TASKS,
        "return self.unpaused().unheld().filter(pk=pk, status=S.SENDING, claim=claim).exists()",
        "return self.unpaused().unheld().filter(pk=pk).exists()",
        f"{TEST_TASK}::test_whoever_has_lost_the_task_may_not_send_it",
    ),
    one(
        "a-gateways-503-sent-again",
        VERDICTS,
        "return answer.status == 503 and (envelope.code == 0 or _is_a_gateways(envelope))",
        "return False",
        "tests/provider/test_create.py::test_a_gateway_that_lost_what_it_passed_on_is_no_refusal",
    ),
    one(
        "an-internal-error-with-a-refusing-status-sent-again",
        VERDICTS,
        "    if envelope.code in INTERNAL_ERRORS:\n",
        "    if False:\n",
        "tests/provider/test_create.py"
        "::test_an_internal_error_may_have_been_charged_whatever_the_status",
    ),
    one(
        "server-error-taken-for-a-refusal",
        VERDICTS,
        "    503: _Verdict.LATER,\n",
        "    503: _Verdict.LATER,\n    500: _Verdict.LATER,\n",
        f"{TEST_CREATE}::test_status_and_code_decide",
    ),
    one(
        "busy-proxy-taken-for-the-api",
        VERDICTS,
        "        return _unknown(answer, _without_envelope(answer, fields), redact)\n",
        """        if answer.status == 503:
            return Later("http-503")
        return _unknown(answer, _without_envelope(answer, fields), redact)
""",
        f"{TEST_CREATE}::test_a_status_without_the_envelope_decides_nothing",
    ),
    one(
        "claim-shorter-than-a-create",
        SETTINGS,
        "CLAIM_SECONDS: float = 300",
        "CLAIM_SECONDS: float = 120",
        f"{TEST_SETTINGS}::test_a_claim_outlives_its_create_and_the_tests_keep_that",
    ),
    one(
        "given-up-after-an-hour",
        SETTINGS,
        "LOST_SECONDS: float = 72 * 3600",
        "LOST_SECONDS: float = 3600",
        f"{TEST_SETTINGS}::test_a_picture_is_waited_for_three_days",
    ),
    one(
        "given-up-when-the-provider-is-slow",
        TASKS,
        """            "give_up_at": now + timedelta(seconds=settings.LOST_SECONDS),
""",
        """            "give_up_at": now + timedelta(seconds=settings.CLAIM_SECONDS),
""",
        f"{TEST_TASK}::test_a_picture_is_waited_for_as_long_as_is_said_and_as_long_again",
    ),
    one(
        "asked-again-and-given-up-at-once",
        TASKS,
        """            give_up_at=now_and(settings.LOST_SECONDS),
""",
        "",
        f"{TEST_TASK}::test_a_picture_is_waited_for_as_long_as_is_said_and_as_long_again",
    ),
    one(
        "commits-not-durable",
        SETTINGS,
        "PRAGMA synchronous=FULL;",
        "PRAGMA synchronous=NORMAL;",
        f"{TEST_SETTINGS}::test_what_is_committed_is_on_the_disk",
        is_of_sqlite=True,
    ),
    one(
        "demo-tasks-sent-to-the-real-provider",
        WHICH_TASKS,
        """            self.current()
            .due(within)
            .unpaused()""",
        """            self.due(within)
            .unpaused()""",
        f"{TEST_TASK}::test_a_gated_task_stays_queued_and_says_why",
    ),
    one(
        "demo-key-sent-to-the-real-provider",
        SETTINGS,
        "PROVIDER_URL = DEMO_URL if IS_DEMO else GPTUNNEL_API_URL",
        "PROVIDER_URL = GPTUNNEL_API_URL",
        f"{TEST_SETTINGS}::test_without_a_key_nothing_is_said_to_the_real_provider",
    ),
)

MONEY = (
    one(
        "budget-read-then-write",
        BUDGET,
        HOLD,
        HOLD_NAIVELY,
        f"{TEST_PROCESSES}::test_no_hold_passes_a_limit",
    ),
    one(
        "limit-of-the-user-not-looked-at",
        BUDGET,
        'for whose, row in (("purse", purse), ("user", own)):',
        'for whose, row in (("purse", purse),):',
        f"{TEST_BATCH}::test_beyond_a_limit_nothing_is_held_and_it_says_how_many_fit",
    ),
    one(
        "released-on-unknown",
        TASKS,
        'The claim stays, so that its own late answer can heal it."""\n',
        """The claim stays, so that its own late answer can heal it.\"""
        Charge.objects.release(self.model.objects.get(pk=pk))
""",
        f"{TEST_TASK}::test_unknown_keeps_its_money_held",
    ),
    one(
        "settled-twice",
        CHARGE,
        """            if cost_kopecks is not None:
                self._adjust_to(task, cost_kopecks, actor=actor)
            return
""",
        """            self._book(task, ChargeKind.ADJUST, held=0, spent=task.price_kopecks)
            return
""",
        f"{TEST_TASK}::test_written_off_is_spent_and_a_found_id_still_brings_the_picture",
    ),
    one(
        "charge-moves-to-this-month",
        CHARGE,
        "Budget.objects.book(hold.user_id, hold.month, demo=hold.demo,",
        "Budget.objects.book(hold.user_id, task.created_at.date().replace(day=1), demo=hold.demo,",
        "tests/models/test_charge.py::test_a_charge_stays_in_the_month_of_its_hold",
    ),
    one(
        "cleared-while-it-may-still-be-sent",
        TASKS,
        """            S.FAILED,
            self._surely_over(),
            kind="not-charged",""",
        """            S.FAILED,
            kind="not-charged",""",
        f"{TEST_TASK}::test_an_administrator_clears_only_when_the_send_is_surely_over",
    ),
    one(
        "sent-again-while-it-may-still-be-sent",
        TASKS,
        """            S.WRITTEN_OFF,
            self._surely_over(),
""",
        """            S.WRITTEN_OFF,
""",
        "tests/views/test_tasks.py::test_send_again_waits_for_the_claim",
    ),
    one(
        "price-from-the-form",
        BATCH,
        "        if today.price_kopecks != self.price_kopecks:\n",
        "        if False:\n",
        f"{TEST_BATCH}::test_a_stale_or_forged_price_is_refused_with_todays",
    ),
    one(
        "many-orders-hold-of-one",
        BATCH,
        "    total = sum(batch.total_kopecks for batch in batches)\n",
        "    total = batches[0].total_kopecks\n",
        f"{TEST_MANY}::test_they_are_accepted_together",
    ),
    one(
        "many-orders-with-a-deleted-prompt",
        "gallery/models/prompt.py",
        "        return not pks or len(held) == len(pks)\n",
        "        return not pks or bool(held)\n",
        f"{TEST_MANY}::test_one_that_cannot_be_is_none_of_them",
    ),
    one(
        "what-is-sent-canceled-with-the-rest",
        TASKS,
        "queued = self.filter(owner=owner, status=S.QUEUED)\n",
        "queued = self.filter(owner=owner, status__in=OPEN)\n",
        f"{TEST_MANY}::test_all_that_wait_are_taken_back",
    ),
    one(
        "form-token-check-dropped",
        BATCH,
        "            form_token=order.token,\n",
        "            form_token=hashlib.md5(str(timezone.now()).encode()).hexdigest(),\n",
        f"{TEST_BATCH}::test_the_same_token_and_content_give_the_first_result",
    ),
    one(
        "form-token-with-other-content",
        BATCH,
        "batch.content_hash != order.content_hash:",
        "False:",
        f"{TEST_BATCH}::test_the_same_token_with_other_content_is_refused",
    ),
    Mutant(
        "moved-by-look-then-write",
        (
            Edit(
                TASKS,
                "        row = self.filter(*where, pk=pk, status=old)\n        if row.update(",
                """        if not self.filter(*where, pk=pk, status=old).exists():
            return False
        row = self.model.objects.filter(pk=pk)
        if row.update(""",
            ),
        ),
        (f"{TEST_RACES}::test_what_is_unknown_is_found_or_cleared",),
        needs_rows_locked=True,
    ),
    Mutant(
        "budget-read-then-write-in-its-transaction",
        (Edit(BUDGET, HOLD, HOLD_NAIVELY),),
        (f"{TEST_RACES}::test_no_hold_passes_a_limit",),
        needs_rows_locked=True,
    ),
    Mutant(
        "owner-locked-after-the-task",
        (
            Edit(
                TASKS,
                """        self._hold_owner(pk)
        claim = uuid.uuid4()
""",
                "        claim = uuid.uuid4()\n",
            ),
        ),
        (f"{TEST_RACES}::test_closing_an_account_locks_in_the_order_of_everybody",),
        needs_rows_locked=True,
    ),
    one(
        "save-claimed-by-two",
        WHICH_TASKS,
        "return self.current().due(within).filter(free, status=S.SAVING)",
        "return self.current().due(within).filter(status=S.SAVING)",
        f"{TEST_PROCESSES}::test_each_save_is_claimed_once",
        f"{TEST_TASK}::test_a_save_claim_is_exclusive_and_runs_out",
    ),
    one(
        "queued-again-after-a-restore",
        TASKS,
        'return self._move(pk, S.QUEUED, S.UNKNOWN, kind="restored", reason="after-restore")',
        "return self.filter(pk=pk, status=S.QUEUED).exists()",
        f"{TEST_TASK}::test_after_a_restore_queued_is_unknown",
    ),
    one(
        "a-charge-untold-by-a-later-reading",
        COMPARISON,
        "        if found.verdict == Verdict.CHARGED:\n            break\n",
        "",
        f"{TEST_COMPARISON}::test_a_charge_that_was_seen_stays_seen_whatever_is_sent_after_it",
    ),
    one(
        "a-verdict-lost-with-its-readings",
        COMPARISON,
        "        if kept is not None and kept.outlives(found):\n",
        "        if False:\n",
        f"{TEST_COMPARISON}::test_what_was_told_survives_its_readings",
    ),
    one(
        "a-charge-told-across-a-restore",
        COMPARISON,
        "    if _spans_restore(before, after):\n",
        "    if False:\n",
        f"{TEST_AFTER_RESTORE}::test_only_that_it_was_not_charged_can_be_told",
    ),
    one(
        "a-restore-that-leaves-no-trace",
        COMPARISON,
        "spans(Pause.objects.restores(), before.read_at, after.asked_at)",
        'Event.objects.filter(kind="restored", created_at__gt=before.read_at).exists()',
        f"{TEST_AFTER_RESTORE}::test_nor_when_nothing_waited_in_the_backup",
    ),
    one(
        "no-pause-without-its-line",
        "gallery/models/studio.py",
        "transaction.on_commit(lambda: self._add_line(now, reason, by, note), robust=True)",
        "self._add_line(now, reason, by, note)",
        f"{TEST_STUDIO}::test_spending_is_paused_though_no_line_can_be_written",
    ),
    one(
        "another-difference-explained",
        "gallery/models/balance.py",
        "rows = self.flagged().filter(pk=pk, unexplained_kopecks=kopecks)",
        "rows = self.flagged().filter(pk=pk)",
        "tests/models/test_balance.py::test_an_explanation_is_of_one_amount",
    ),
    one(
        "what-was-restored-suspected-of-nothing",
        "gallery/models/reckoning.py",
        "    if restored:\n        sent |= Q(sent_at=None, pk__in=numbers(restored))\n",
        "",
        f"{TEST_AFTER_RESTORE}::test_what_was_charged_after_the_backup_is_named",
    ),
)

PICTURES = (
    one(
        "emptied-of-what-came-meanwhile",
        "gallery/jobs/purge.py",
        "        _purge_images(images.filter(pk__in=pks))\n",
        "        while _purge_images(images):\n            pass\n",
        "tests/jobs/test_purge.py::test_emptying_takes_nothing_that_comes_there_meanwhile",
    ),
    one(
        "in-the-trash-and-on-no-page",
        "gallery/models/image.py",
        'F("trashed_at"), f"{prompt}__purged_at": None}',
        'F("trashed_at")}',
        "tests/views/test_trash.py::test_what_lost_its_prompt_is_in_the_trash_by_itself",
    ),
    one(
        "put-back-to-be-purged-at-once",
        "gallery/models/change.py",
        "    return max(datetime.fromisoformat(trashed_at), latest)\n",
        "    return datetime.fromisoformat(trashed_at)\n",
        "tests/views/test_trash.py::test_what_was_about_to_be_purged_goes_back_for_a_day",
    ),
    one(
        "lost-at-the-first-no-such-task",
        POLL,
        "    return often and missing",
        "    return often or missing",
        f"{TEST_POLL}::test_not_found_for_a_while_is_no_loss",
        f"{TEST_POLL}::test_not_found_several_times_over_long_is_lost",
    ),
    one(
        "lost-by-trouble-while-asking",
        POLL,
        "            _wait(task, at_least=retry_after or 0.0, unread=unread, answered=False)\n",
        '            Task.objects.fail(task.pk, "provider-failed", "", None)\n',
        f"{TEST_POLL}::test_odd_answers_end_nothing",
    ),
    one(
        "asked-of-another-provider",
        WHICH_TASKS,
        "return self.current().due(within).filter(status=S.RENDERING)",
        "return self.due(within).filter(status=S.RENDERING)",
        f"{TEST_POLL}::test_a_row_that_is_gone_or_another_providers_is_not_asked",
    ),
    one(
        "final-name-writing",
        STORE,
        "            incoming.path.rename(final)\n",
        "            shutil.copyfile(incoming.path, final)\n",
        f"{TEST_STORE}::test_everything_is_on_the_disk_before_and_after_the_rename",
    ),
    one(
        "final-name-from-the-first-byte",
        STORE,
        '    path = folder / f"{secrets.token_hex(16)}.part"\n',
        '    path = folder.parent / f"{secrets.token_hex(16)}.webp"\n',
        f"{TEST_STORE}::test_a_file_is_counted_hashed_and_kept",
    ),
    one(
        "renamed-before-it-is-on-the-disk",
        STORE,
        """    incoming.sync()
    failpoint("keep-synced")
""",
        """    failpoint("keep-synced")
""",
        f"{TEST_STORE}::test_everything_is_on_the_disk_before_and_after_the_rename",
    ),
    one(
        "another-file-overwritten",
        STORE,
        "        elif not _is_same(final, incoming):\n            raise NameTaken(name)\n",
        "        else:\n            incoming.path.replace(final)\n",
        f"{TEST_STORE}::test_a_different_file_never_takes_the_name",
    ),
    one(
        "no-byte-cap",
        DOWNLOAD,
        "        if size > max_bytes:\n",
        "        if False:\n",
        f"{TEST_DOWNLOAD}::test_too_large_is_counted_to_the_byte",
    ),
    one(
        "no-total-deadline",
        WIRE,
        "        left = self.deadline - clock()\n        if left <= 0:\n",
        "        left = 1.0\n        if left <= 0:\n",
        f"{TEST_DOWNLOAD}::test_a_dripping_server_cannot_stretch_the_time",
        f"{TEST_CREATE}::test_a_dripping_server_cannot_stretch_the_deadline",
    ),
    one(
        "address-checked-before-connecting-only",
        WIRE,
        "        permit(sock.getpeername()[0])\n",
        "",
        f"{TEST_DOWNLOAD}::test_the_address_is_checked_again_on_the_connected_socket",
    ),
    one(
        "hosts-below-an-allowed-one",
        HOSTS,
        "((host, None) in entries and",
        "(any(name and host.endswith(name) for name, _ in entries) and",
        f"{TEST_DOWNLOAD}::test_forbidden_links",
    ),
    one(
        "redirect-of-a-download-followed",
        DOWNLOAD,
        '        raise BadAnswer("redirect", str(response.status))\n',
        """        return fetch(
            response.headers["Location"], lambda piece: None, hosts=["127.0.0.1:1"]
        )
""",
        f"{TEST_DOWNLOAD}::test_a_redirect_to_loopback_reaches_nobody",
    ),
    one(
        "type-by-name",
        "gallery/archive/inspect.py",
        "        with _decoded(data, _kind(data)) as image:\n",
        '        with _decoded(data, cast(Format, path.suffix[1:] or "png")) as image:\n',
        "tests/archive/test_inspect.py::test_facts",
    ),
)

PEOPLE = (
    one(
        "owner-filter-dropped",
        "gallery/views/tasks.py",
        "get_object_or_404(Task.objects.of(request.user).for_cards(), pk=pk)",
        "get_object_or_404(Task.objects.all().for_cards(), pk=pk)",
        "tests/views/test_tasks.py::test_anothers_task_is_missing",
    ),
    one(
        "owner-filter-dropped-for-files",
        "gallery/views/images.py",
        "own = Image.objects.of(request.user).with_file().only(",
        "own = Image.objects.with_file().only(",
        "tests/views/test_images.py::test_anothers_picture_is_missing",
    ),
    one(
        "owner-filter-dropped-in-the-live-view",
        "gallery/views/tasks.py",
        "own = Task.objects.of(request.user).filter(pk__in=known,",
        "own = Task.objects.filter(pk__in=known,",
        "tests/views/test_task_live.py::test_others_cards_and_nonsense_are_ignored",
    ),
    one(
        "autoescape-off",
        "templates/gallery/_task_card.html",
        '<p dir="auto">{{ task.detail }}</p>',
        '<p dir="auto">{{ task.detail|safe }}</p>',
        "tests/views/test_studio_show.py",
    ),
    one(
        "default-deny-dropped",
        SETTINGS,
        '    "gallery.middleware.LoginRequired",\n',
        "",
        f"{TEST_POLICY}::test_every_address_keeps_its_policy",
    ),
    one(
        "csrf-exempt",
        "gallery/views/studio.py",
        "@require_POST\ndef batch_create(",
        f"{EXEMPT}@require_POST\ndef batch_create(",
        f"{TEST_POLICY}::test_an_old_form_says_so_and_keeps_the_text",
    ),
    one(
        "csrf-exempt-for-another",
        "gallery/views/prompts.py",
        "@require_POST\ndef prompt_rerun(",
        f"{EXEMPT}@require_POST\ndef prompt_rerun(",
        f"{TEST_POLICY}::test_every_post_asks_for_the_token_of_its_form",
    ),
    one(
        "money-spent-by-reading",
        "gallery/views/tasks.py",
        "@require_POST\ndef task_cancel(",
        "def task_cancel(",
        f"{TEST_POLICY}::test_every_address_keeps_its_policy",
    ),
    one(
        "sandbox-dropped",
        "gallery/media.py",
        """    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"\n""",
        "",
        "tests/views/test_images.py::test_the_original_is_byte_exact_and_inert",
    ),
    one(
        "a-picture-of-any-type-drawn",
        "gallery/views/images.py",
        "    is_picture = image.mime in PICTURES\n",
        "    is_picture = True\n",
        "tests/views/test_images.py::test_another_kind_of_file_is_never_drawn",
    ),
    one(
        "scripts-in-the-page",
        SETTINGS,
        '        "script-src": [SELF],\n',
        """        "script-src": [SELF, "'unsafe-inline'"],\n""",
        f"{TEST_POLICY}::test_a_page_carries_a_strict_policy",
    ),
    one(
        "key-in-a-log",
        SUBMIT,
        "    began = clock()\n    outcome = client.create(\n",
        """    began = clock()
    log.info("sending", authorization=settings.PROVIDER_KEY)
    outcome = client.create(
""",
        f"{TEST_SUBMIT}::test_the_key_is_in_no_log_row_or_story",
    ),
    one(
        "key-in-the-logs-own-lines",
        "project/log.py",
        "        secrets.append(settings.PROVIDER_KEY)\n",
        "        pass\n",
        "tests/project/test_log.py",
    ),
    one(
        "key-in-a-detail",
        "gallery/provider/redaction.py",
        "        return self._without_pieces(_KEY_SHAPE.sub(MASK, near))[:LONGEST]\n",
        "        return near[:LONGEST]\n",
        f"{TEST_CREATE}::test_an_echoed_key_is_hidden",
    ),
)

BAD_DAYS = (
    one(
        "restored-and-sent-again",
        "gallery/jobs/backup.py",
        "        return manifest, restored.finish()\n",
        "        return manifest, 0\n",
        f"{TEST_BACKUP}::test_a_new_installation_is_made_of_a_copy_and_sends_nothing",
    ),
    one(
        "sessions-in-a-backup",
        "gallery/jobs/backup.py",
        """NOT_COPIED = ("django_session", "django_q_ormq")\n""",
        """NOT_COPIED = ("django_q_ormq",)\n""",
        f"{TEST_BACKUP}::test_a_new_installation_is_made_of_a_copy_and_sends_nothing",
    ),
    one(
        "a-copy-of-another-written-over",
        "gallery/jobs/backup.py",
        "        is_own = former.installation == installation and _knows(former)\n",
        "        is_own = _knows(former)\n",
        f"{TEST_BACKUP}::test_a_copy_without_pictures_is_left_alone_too",
    ),
    one(
        "a-newer-copy-written-over",
        "gallery/jobs/backup.py",
        "        is_own = former.installation == installation and _knows(former)\n",
        "        is_own = former.installation == installation\n",
        f"{TEST_BACKUP}::test_a_restored_database_goes_on_with_its_copy_until_that_is_newer",
    ),
    one(
        "pictures-that-only-a-copy-knows-written-over",
        "gallery/jobs/backup.py",
        "        is_own = held <= rows.keys() and bool(held or not former)\n",
        "        is_own = bool(held or not former)\n",
        f"{TEST_BACKUP}::test_of_a_copy_that_names_nobody_each_picture_has_to_be_known",
    ),
    one(
        "pictures-of-a-disk-that-is-away-removed-from-a-copy",
        "gallery/jobs/backup.py",
        "    return {name for name in held if rows.get(name) is not None}\n",
        "    return {name for name in held if not (settings.DATA_DIR / name).exists()}\n",
        f"{TEST_BACKUP}::test_while_the_disk_of_the_pictures_is_away_the_copy_keeps_them",
    ),
    one(
        "a-database-that-does-not-answer-taken-for-empty",
        "gallery/jobs/backup.py",
        "        tables = connection.introspection.table_names()\n",
        "        return True\n        tables: list[str] = []\n",
        f"{TEST_BACKUP}::test_only_a_database_that_answers_is_taken_for_empty",
        is_of_sqlite=True,
    ),
    one(
        "saved-where-the-disk-was",
        "gallery/jobs/save.py",
        "    if library.is_gone():\n",
        "    if False:\n",
        f"{TEST_BAD_DAYS}::test_a_folder_of_pictures_that_vanished",
    ),
    one(
        "repaired-where-the-disk-was",
        "gallery/jobs/library.py",
        "    if is_gone():\n",
        "    if False:\n",
        "tests/management/test_verify_library.py"
        "::test_while_the_disk_of_the_pictures_is_away_nothing_is_put_in_its_place",
    ),
    one(
        "held-up-by-a-clock-that-went-back",
        "gallery/jobs/sweep.py",
        "    if moved := Task.objects.unskew():\n",
        "    if moved := 0:\n",
        f"{TEST_BAD_DAYS}::test_a_clock_that_went_back_a_day_holds_up_nothing",
    ),
    one(
        "an-upload-swept-under-its-row",
        "gallery/jobs/save.py",
        "        if not (settings.DATA_DIR / file.name).exists():\n",
        "        if False:\n",
        "tests/management/test_verify_library.py"
        "::test_an_upload_that_was_killed_before_its_row_is_swept",
    ),
    one(
        "answers-that-nobody-understands-spent-on",
        "gallery/jobs/sweep.py",
        "    if not _is_resumed_lately() and are_answers_unreadable():\n",
        "    if False:\n",
        f"{TEST_BAD_DAYS}::test_answers_about_pictures_that_nobody_understands",
    ),
    one(
        "a-clock-that-jumps-not-noticed",
        "gallery/jobs/clocks.py",
        "        if abs(jump) > JUMP_SECONDS:\n",
        "        if jump > 10**9:\n",
        f"{TEST_BAD_DAYS}::test_a_clock_that_jumps_stops_the_spending",
    ),
    one(
        "surely-over-by-a-clock-that-jumped",
        TASKS,
        "        return over & ~Q(Exists(paused)) & ~Q(Exists(jumped))\n",
        "        return over & ~Q(Exists(paused))\n",
        f"{TEST_CLOCKS}::test_no_send_is_surely_over_because_the_clock_jumped",
    ),
    one(
        "a-reading-after-the-charge-taken-for-one-before",
        COMPARISON,
        "        rows = rows.filter(pk__lte=sending.last_reading)\n",
        "        pass\n",
        f"{TEST_CLOCKS}::test_what_is_known_to_be_charged_stays_so",
    ),
    one(
        "lost-by-one-silence",
        POLL,
        "    if is_over and (answered or _has_lasted(task)):\n",
        "    if is_over:\n",
        f"{TEST_CLOCKS}::test_after_days_without_a_network_one_silence_loses_nothing",
    ),
    one(
        "given-up-by-a-clock-that-jumped",
        POLL,
        "    return task.time_is_up and clocks.are_trusted()\n",
        "    return task.time_is_up\n",
        f"{TEST_CLOCKS}::test_a_jump_ahead_gives_nothing_up",
    ),
    one(
        "purged-by-a-clock-that-jumped",
        "gallery/jobs/purge.py",
        "    if not clocks.are_trusted():\n",
        "    if False:\n",
        f"{TEST_CLOCKS}::test_a_jump_ahead_empties_no_trash",
    ),
    one(
        "numbers-given-twice-after-a-restore",
        "gallery/jobs/restored.py",
        "        number_on(Task, max(numbered))\n",
        "        pass\n",
        "tests/management/test_restored.py"
        "::test_no_new_task_gets_the_number_of_what_lies_on_the_disk",
    ),
    one(
        "put-away-without-another-look",
        "gallery/jobs/library.py",
        "        now = next(_orphans([fault.name]), None)\n",
        "        now = fault\n",
        "tests/management/test_verify_library.py"
        "::test_a_save_that_comes_home_between_look_and_repair_keeps_its_file",
    ),
    one(
        "a-link-taken-for-young",
        TASKS,
        '            "link_since": now,\n',
        "",
        "tests/jobs/test_poll.py::test_a_link_counts_from_when_it_was_accepted",
    ),
)

MUTANTS = (*CREATES, *MONEY, *PICTURES, *PEOPLE, *BAD_DAYS)
