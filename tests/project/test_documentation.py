"""What is written for whoever installs it agrees with what the program reads and says."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gallery.models import reasons
from tests.deploy import shipped
from tests.running import BASE

READERS = {"text", "boolean", "integer", "words", "web_address", "host_entries"}
OWN = {"DEMO_URL"}
"""What `serve` tells its own children, and nobody else sets."""

TABLE = re.compile(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
PAGES = ["installation", "configuration", "upgrade", "backup", "trouble"]


def page(name: str) -> str:
    return (shipped.DOCS / f"{name}.md").read_text()


def sources() -> list[ast.AST]:
    files = [BASE / "project" / name for name in ("settings.py", "environment.py")]
    return [node for file in files for node in ast.walk(ast.parse(file.read_text()))]


def variables() -> dict[str, str | None]:
    """Every variable that the settings read, with its default where that is written as one."""
    found: dict[str, str | None] = {}
    for node in sources():
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called = node.func.id if isinstance(node.func, ast.Name) else None
        name, *rest = (arg.value if isinstance(arg, ast.Constant) else None for arg in node.args)
        if called not in READERS or not isinstance(name, str):
            continue
        default = rest[0] if rest else None
        if called == "boolean":
            default = "off"
        found[name] = found.get(name) or (None if default is None else str(default))
    return {name: default for name, default in found.items() if name not in OWN}


def documented() -> dict[str, tuple[str, str]]:
    """Every variable of configuration.md: its default, its example."""
    rows = TABLE.findall(page("configuration"))
    assert len(rows) == len({name for name, *_ in rows}), "a variable stands there twice"
    return {name: (default.strip(), example.strip()) for name, default, example, _ in rows}


def sentences_of_settings() -> set[str]:
    """What a refused variable is told, in its longest words that are always the same."""
    found = set()
    for node in sources():
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "refuse":
            words = [n.value for n in ast.walk(node.args[-1]) if isinstance(n, ast.Constant)]
            texts = [word for word in words if isinstance(word, str)]
            if any(texts):
                found.add(max(texts, key=len).strip(" :;,.("))
    return found


def test_settings_are_found() -> None:
    assert variables()["PORT"] == "8000"
    assert variables()["DEBUG"] == "off"
    assert variables()["DATABASE_URL"] is None
    assert len(variables()) >= 21


def test_every_variable_is_explained() -> None:
    assert documented().keys() == variables().keys()


def test_every_variable_is_in_the_example_of_the_unit() -> None:
    listed = [*shipped.env_example(), *shipped.env_suggested()]
    assert sorted(listed) == sorted(variables())


def test_every_variable_is_named_in_the_readme() -> None:
    readme = (BASE / "README.md").read_text().replace("`_PASSWORD`", "`DJANGO_SUPERUSER_PASSWORD`")
    readme = readme.replace("`_EMAIL`", "`DJANGO_SUPERUSER_EMAIL`")
    assert not [name for name in variables() if f"`{name}`" not in readme]


@pytest.mark.parametrize("name", [name for name, default in variables().items() if default])
def test_the_default_is_the_true_one(name: str) -> None:
    assert documented()[name][0] == f"`{variables()[name]}`"


def settings_with(tmp_path: Path, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path / "data")}
    return subprocess.run(
        [sys.executable, "-c", "import project.settings"],
        cwd=BASE,
        env={**clean, **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("kind", ["documented", "suggested"])
def test_the_examples_are_taken(tmp_path: Path, kind: str) -> None:
    if kind == "documented":
        shown = {name: example for name, (_, example) in documented().items()}
        examples = {name: text[1:-1] for name, text in shown.items() if text.startswith("`")}
        examples |= {"DJANGO_SUPERUSER_PASSWORD": "a long one"}
    else:
        examples = {**shipped.env_example(), **shipped.env_suggested()}
    done = settings_with(tmp_path, **{**examples, "DATA_DIR": str(tmp_path / "data")})
    assert (done.returncode, done.stderr) == (0, "")


# --- trouble.md


def test_every_sentence_that_refuses_a_setting_has_a_remedy() -> None:
    assert len(sentences_of_settings()) >= 15
    trouble = page("trouble")
    assert not [words for words in sentences_of_settings() if words not in trouble]


def said_in(file: str, function: str) -> list[str]:
    """The sentences that a file gives to, or returns from, functions of that name."""
    found = []
    for node in ast.walk(ast.parse((BASE / file).read_text())):
        if function == "return" and isinstance(node, ast.Return):
            value: Any = node.value
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == function:
            value = node.args[0]
        else:
            continue
        words = [n.value for n in ast.walk(value) if isinstance(n, ast.Constant)]
        texts = [word for word in words if isinstance(word, str) and " " in word]
        found += [max(texts, key=len).strip(" :;,.(")] if texts else []
    return found


@pytest.mark.parametrize(
    ("file", "function", "least"),
    [
        ("gallery/management/commands/serve.py", "give_up", 6),
        ("gallery/views/health.py", "return", 6),
    ],
)
def test_every_sentence_of_the_start_and_of_health_has_a_remedy(
    file: str, function: str, least: int
) -> None:
    found = said_in(file, function)
    assert len(found) >= least
    trouble = page("trouble")
    assert not [words for words in found if words not in trouble]


def test_every_reason_that_pauses_spending_has_a_remedy() -> None:
    written = "\n".join(path.read_text() for path in (BASE / "gallery").rglob("*.py"))
    codes = set(re.findall(r"\.pause\(\s*\"([\w-]+)\"", written)) | {"balance-empty", "key-refused"}
    assert {"breaker", "disk-full", "archiver-dead", "no-key"} <= codes
    trouble = page("trouble")
    assert not [code for code in codes if str(reasons.SENTENCES[code]) not in trouble]


SAID_BY_OTHERS = {"database is locked"}


def test_what_is_quoted_is_said_somewhere() -> None:
    """Buttons, notices and messages, as they are called today."""
    folders = [path for name in ("gallery", "templates") for path in (BASE / name).rglob("*.*")]
    files = [path for path in folders if path.suffix in {".py", ".html"}]
    said = " ".join("\n".join(path.read_text() for path in [*files, BASE / "Makefile"]).split())
    quoted = {" ".join(words.split()) for words in re.findall(r'"([^"\n]+)"', page("trouble"))}
    assert len(quoted) >= 8
    assert not [words for words in quoted - SAID_BY_OTHERS if words not in said]


# --- links and files


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page(name))
    gone = [t for t in targets if "://" not in t and not (shipped.DOCS / t).exists()]
    assert not gone


def test_the_readme_links_every_page() -> None:
    readme = (BASE / "README.md").read_text()
    assert not [name for name in PAGES if f"](docs/{name}.md)" not in readme]


@pytest.mark.parametrize("name", PAGES)
def test_named_files_are_there(name: str) -> None:
    named = set(re.findall(r"\bdeploy/[\w.]+\w", page(name)))
    assert not [path for path in named if not (BASE / path).exists()]


def test_the_container_takes_the_steps_of_make_run() -> None:
    makefile = (BASE / "Makefile").read_text()
    container = (shipped.DEPLOY / "Containerfile").read_text()
    (serve,) = re.findall(r"\$\(BIN\)/python (manage\.py serve)", makefile)
    assert f'".venv/bin/python", {", ".join(f"{chr(34)}{w}{chr(34)}" for w in serve.split())}' in (
        container
    )
    assert "RUN make .venv/.requirements-services" in container
    assert "requirements-services.txt" in makefile
