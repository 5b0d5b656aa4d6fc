"""How environment variables are read: strictly, with one sentence about a bad one.

For settings.py alone, which says what each variable is for.
"""

import os
import secrets
import tempfile
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import environs
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environs.Env()


def refuse(name: str, sentence: str) -> NoReturn:
    """Stop with one sentence about the variable `name`."""
    raise ImproperlyConfigured(f"{name} {sentence}")


def text(name: str, default: str = "") -> str:
    """The variable, stripped; `default` when it is unset. A blank or unprintable one is refused."""
    if name not in os.environ:
        return default
    value = env.str(name).strip()
    if not value:
        refuse(name, "is set but blank: give it a value or unset it.")
    if not value.isprintable():
        refuse(name, "holds characters that cannot be printed.")
    return value


def boolean(name: str) -> bool:
    """An on/off variable; off when it is unset."""
    word = text(name, "off").lower()
    if word in {"1", "on", "yes", "true"}:
        return True
    if word not in {"0", "off", "no", "false"}:
        refuse(name, "must be on or off.")
    return False


def integer(name: str, default: int, least: int, most: int) -> int:
    """A whole number from `least` to `most`."""
    written = text(name, str(default))
    sentence = f"must be a whole number from {least} to {most}."
    if not written.isascii() or not written.isdigit() or not least <= int(written[:12]) <= most:
        refuse(name, sentence)
    return int(written)


def words(name: str, default: str) -> list[str]:
    """A comma-separated list without blanks, in lower case."""
    items = [item.strip().lower() for item in text(name, default).split(",")]
    if not all(items):
        refuse(name, "must be a list of names with one comma between them.")
    return items


def web_address(name: str, default: str = "", *, path: bool) -> str:
    """An http(s) URL without its last slash: no login, query, fragment; a path only if `path`."""
    value = text(name, default).rstrip("/")
    if not value:
        return value
    example = f"must be a URL such as https://example.org{'/v1' if path else ''}"
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        refuse(name, f"{example}.")
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0 or " " in value:
        refuse(name, f"{example}.")
    if parts.username is not None or parts.query or parts.fragment or "\\" in value:
        refuse(name, f"{example}, without a login, a query or a fragment.")
    if parts.path and not path:
        refuse(name, f"{example}, without a path.")
    return value


def host_entries(name: str, default: str) -> list[str]:
    """A list of `host` or `host:port` entries."""
    entries = words(name, default)
    for entry in entries:
        try:
            parts = urlsplit(f"//{entry}")
            good = parts.netloc == entry and bool(parts.hostname) and parts.port != 0
        except ValueError:
            good = False
        if not good or "@" in entry or " " in entry or "*" in entry:
            refuse(
                name,
                "must be a list of hosts such as a.example,b.example:8443.",
            )
    return entries


def data_directory() -> Path:
    """The folder that holds everything this installation writes, made when it is missing."""
    folder = Path(text("DATA_DIR", str(BASE_DIR / "var"))).expanduser().absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        refuse("DATA_DIR", f"names a folder that cannot be made: {folder} ({error.strerror}).")
    try:
        # Without a name, so that whoever is killed here leaves nothing behind.
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        refuse(
            "DATA_DIR", f"names a folder that cannot be written to: {folder} ({error.strerror})."
        )
    return folder


def secret_key(folder: Path) -> str:
    """SECRET_KEY, else the one kept in `folder`: processes that make it together agree on one."""
    given = text("SECRET_KEY")
    if given:
        return given
    kept = folder / "secret-key"
    try:
        if not kept.exists():
            draft = folder / f".secret-key-{os.getpid()}-{secrets.token_hex(4)}"
            draft.touch(mode=0o600, exist_ok=False)
            with draft.open("w") as stream:
                stream.write(secrets.token_urlsafe(64))
                stream.flush()
                os.fsync(stream.fileno())
            try:
                os.link(draft, kept)  # atomic, and refuses to replace another process's key
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        value = kept.read_text().strip()
    except OSError as error:
        refuse("SECRET_KEY", f"is unset and {kept} cannot be used ({error.strerror}).")
    if len(value) < 50:
        refuse(
            "SECRET_KEY", f"is unset and {kept} is damaged: delete it, and everybody logs in anew."
        )
    return value
