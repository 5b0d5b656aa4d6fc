"""No English is written where gettext does not see it: in templates, scripts, forms, models."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.template.base import Lexer, TokenType

from tests.locale.messages import ROOT
from tests.locale.visible import visible, words

HOLE = "\N{OBJECT REPLACEMENT CHARACTER}"
PROSE = re.compile(r"[A-Za-z]{2,},? (?:an? )?[a-z]{2,}")

TEMPLATES = sorted((ROOT / "templates").rglob("*.*"))
SCRIPTS = sorted((ROOT / "static").rglob("*.js"))


def untranslated(template: str) -> list[str]:
    """English of a template that stands outside of every translating tag."""
    inside = ""
    classes = False
    page: list[str] = []
    found: list[str] = []
    for token in Lexer(template).tokenize():
        name = token.contents.split(maxsplit=1)[0] if token.contents.strip() else ""
        if token.token_type == TokenType.BLOCK:
            if inside:
                inside = "" if name == f"end{inside}" else inside
                continue
            if name in {"block", "endblock"}:
                classes = name == "block" and token.contents.split()[1] in {"bodyclass", "coltype"}
            if name in {"blocktranslate", "blocktrans", "comment"}:
                inside = name
            elif name not in {"translate", "trans"}:
                # `{% include … with title="Two words" %}` says something too.
                quoted = re.findall(r"(_\()?([\"'])(.*?)\2", token.contents)
                texts = [text for marked, _, text in quoted if not marked]
                found += [text for text in texts if PROSE.search(text) and text[0].isupper()]
            page.append(HOLE)
        elif token.token_type == TokenType.VAR:
            page.append(HOLE)
        elif token.token_type == TokenType.TEXT and not inside and not classes:
            page.append(token.contents)
    return found + [text for text in visible("".join(page)) if words(text)]


def test_the_check_of_templates_finds_english() -> None:
    assert untranslated("<p>Hello {{ name }}</p>")
    assert untranslated('<img alt="{{ a }} of a cat">')
    assert untranslated('<div data-alert="No answer, try again"></div>')
    assert untranslated('<input type="submit" value="Send">')
    assert untranslated('{% include "a.html" with title="Two words" %}')
    assert not untranslated('{% translate "Hello" %} {{ name }} <code>GET</code> Artel · 12 ×')
    assert not untranslated("{% blocktranslate %}Hello <b>you</b>{% endblocktranslate %}")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_english_in_templates(path: Path) -> None:
    assert untranslated(path.read_text()) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_scripts_have_no_words(path: Path) -> None:
    """They show what the page gave them in data attributes."""
    shown = re.compile(
        r"(?:textContent|innerText|innerHTML|title|alt|placeholder|ariaLabel)\s*=\s*([\"'`])(.*?)\1"
        r"|(?:alert|confirm|prompt|tell)\(\s*([\"'`])(.*?)\3"
        r"|setAttribute\(\s*[\"'](?:aria-label|title|alt|placeholder)[\"'],\s*([\"'`])(.*?)\5"
    )
    said = [
        next(filter(None, match.group(2, 4, 6)), "") for match in shown.finditer(path.read_text())
    ]
    assert [text for text in said if words(re.sub(r"\$\{.*?\}", "", text))] == []


# Python: a sentence is said by gettext, or to a log, or to whoever starts the program.

CODE = sorted(
    path
    for folder in ("forms", "views", "admin", "models", "templatetags")
    for path in (ROOT / "gallery" / folder).rglob("*.py")
    # For monitors, which read English.
    if path.name != "health.py"
) + sorted((ROOT / "gallery").glob("*.py"))

GETTEXT = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext",
           "pgettext_lazy", "npgettext_lazy"}  # fmt: skip
UNSEEN = {
    "debug",
    "info",
    "warning",
    "error",
    "exception",
    "critical",
    "compile",
    "RunSQL",
    "execute",
}
"""Calls whose words nobody but a log, a database or a pattern sees."""


def sentences(source: str) -> list[str]:
    """English that is neither translated, nor a docstring, nor an exception of ours."""
    found: list[str] = []

    def look(node: ast.AST) -> None:
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in GETTEXT | UNSEEN:
                return
        if isinstance(node, ast.Raise) and "ValidationError" not in ast.unparse(node):
            return
        if isinstance(node, ast.Assert) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        ):
            return
        if isinstance(node, ast.Assign) and re.search(r"\['[\w]+-[\w-]+'\]", ast.unparse(node)):
            return  # a header of the answer
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = re.sub(r"<[^>]*>", "", node.value)
            if PROSE.search(text):
                found.append(node.value)
        for child in ast.iter_child_nodes(node):
            look(child)

    look(ast.parse(source))
    return found


def test_the_check_of_code_finds_english() -> None:
    assert not sentences("answer['Cache-Control'] = 'private, max-age=1, immutable'")
    assert sentences("message('Two words')") == ["Two words"]
    assert sentences("raise ValidationError('Not a name')") == ["Not a name"]
    assert sentences("x = f'{a} is not there'")
    assert not sentences("'''A docstring.'''\nlog.info('two words')\nmessage(_('Two words'))")


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_english_in_code(path: Path) -> None:
    assert sentences(path.read_text()) == []
