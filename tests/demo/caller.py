"""A caller of the API that does what the documentation says and no more."""

from typing import Any

import requests

KEY = "shds-test-key"
HEADERS = {"Authorization": KEY}
SECONDS = 20


def create(url: str, prompt: str, **fields: Any) -> dict[str, Any]:
    """The answer to a create."""
    body = {"model": "gpt-image-1-low", "prompt": prompt, **fields}
    answer = requests.post(f"{url}/media/create", headers=HEADERS, json=body, timeout=SECONDS)
    assert answer.status_code == 200
    return dict(answer.json())


def result(url: str, identity: str) -> dict[str, Any]:
    """The answer to a question about a task."""
    body = {"task_id": identity}
    answer = requests.post(f"{url}/media/result", headers=HEADERS, json=body, timeout=SECONDS)
    assert answer.status_code == 200
    return dict(answer.json())


def download(url: str) -> requests.Response:
    """A file, without the key."""
    return requests.get(url, timeout=SECONDS)
