"""The models on offer: prices and ratios as they were known in the middle of 2026."""

from dataclasses import dataclass

COMMON_RATIOS = ("1:1", "16:9", "9:16", "4:3", "3:4")
WIDE_RATIOS = (*COMMON_RATIOS, "21:9", "9:21")

SIZES = {
    "1:1": (1024, 1024),
    "16:9": (1536, 864),
    "9:16": (864, 1536),
    "4:3": (1344, 1008),
    "3:4": (1008, 1344),
    "21:9": (1568, 672),
    "9:21": (672, 1568),
}
"""Pixels for each ratio. GPTunnel documents none, so these are merely plausible ones."""


@dataclass(frozen=True)
class Model:
    """A model on offer; `effort` sets how long it renders: from the least (0) to the most (1)."""

    id: str
    price_kopecks: int
    ratios: tuple[str, ...] = WIDE_RATIOS
    effort: float = 0.5


MODELS = {
    model.id: model
    for model in (
        Model("gpt-image-1-low", 400, COMMON_RATIOS, 0.0),
        Model("gpt-image-1-medium", 1200, COMMON_RATIOS, 0.5),
        Model("gpt-image-1-high", 2600, COMMON_RATIOS, 1.0),
        Model("gpt-image-1-mini-low", 120, COMMON_RATIOS, 0.0),
        Model("gpt-image-1-mini-medium", 300, COMMON_RATIOS, 0.5),
        Model("gpt-image-1-mini-high", 1040, COMMON_RATIOS, 1.0),
        Model("gpt-image-1.5-low", 260, COMMON_RATIOS, 0.0),
        Model("gpt-image-1.5-medium", 1000, COMMON_RATIOS, 0.5),
        Model("gpt-image-1.5-high", 4000, COMMON_RATIOS, 1.0),
        Model("gpt-image-2-1k", 3200, COMMON_RATIOS, 0.5),
        Model("gpt-image-2-2k", 4800, COMMON_RATIOS, 0.8),
        Model("gpt-image-2-4k", 6400, COMMON_RATIOS, 1.0),
        Model("google-imagen-3", 1000),
        Model("google-imagen-3-fast", 500, effort=0.0),
        Model("google-imagen-4", 1000),
        Model("seedream-3", 600),
        Model("flux-schnell", 60, effort=0.0),
        Model("flux-dev", 500),
        Model("flux-kontext-pro", 800),
        Model("flux-kontext-max", 1600, effort=1.0),
        Model("nano-banana", 800, effort=0.0),
        Model("nano-banana-pro", 1500, effort=1.0),
        Model("yandex-art", 400),
        Model("qwen-image", 1500),
    )
}
