"""Django's admin, made safe: what the verbs of the models keep right cannot be set wrong here.

Money, states and stories are shown, never edited; what can be edited goes through the verbs.
"""

from . import (
    balance,
    batch,
    choices,
    event,
    image,
    image_model,
    likeness,
    log,
    money,
    pause,
    prompt,
    queue,
    studio,
    task,
    unknown,
    user,
    zip,
)

__all__ = [
    "balance",
    "batch",
    "choices",
    "event",
    "image",
    "image_model",
    "likeness",
    "log",
    "money",
    "pause",
    "prompt",
    "queue",
    "studio",
    "task",
    "unknown",
    "user",
    "zip",
]
