"""The provider as this installation is set up to reach it."""

from __future__ import annotations

from django.conf import settings

from gallery.provider.client import Client


def client() -> Client:
    """A client for the configured provider. Close it after use."""
    return Client(
        settings.PROVIDER_URL,
        settings.PROVIDER_KEY,
        connect_timeout=settings.CONNECT_SECONDS,
        result_timeout=settings.RESULT_SECONDS,
        pool=settings.POLL_THREADS,
    )
