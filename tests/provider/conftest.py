from collections.abc import Iterator

import pytest

from gallery.provider.wire import tls_context
from tests.provider.servers import CERTIFICATE


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The test servers' certificate is one that this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    tls_context.cache_clear()
    yield
    tls_context.cache_clear()
