"""Settings for the tests: the real ones."""

from project.settings import *  # noqa: F403
