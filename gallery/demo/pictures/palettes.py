"""Palettes that were chosen by eye; nothing here is computed."""

from dataclasses import dataclass

Colour = tuple[int, int, int]


def colour(text: str) -> Colour:
    """#rrggbb as three numbers."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def row(text: str) -> tuple[Colour, ...]:
    """Several colours, separated by spaces."""
    return tuple(colour(part) for part in text.split())


@dataclass(frozen=True)
class Palette:
    """Colours that live well together.

    `sky` runs from the top to the horizon; `far` and `near` are the ends of the distance; `chips`
    are equals, for abstract pictures; `light` is paper or moon, `ink` the darkest.
    """

    sky: tuple[Colour, ...]
    far: Colour
    near: Colour
    sun: Colour
    chips: tuple[Colour, ...]
    light: Colour
    ink: Colour
    is_dark: bool = False


def palette(
    sky: str, far: str, near: str, sun: str, chips: str, light: str, ink: str, *, dark: bool = False
) -> Palette:
    """A palette from its colours as texts."""
    return Palette(
        row(sky),
        colour(far),
        colour(near),
        colour(sun),
        row(chips),
        colour(light),
        colour(ink),
        dark,
    )


PALETTES = {
    "dawn": palette(
        "#5b7db1 #a9b4cf #f2c9b8 #ffe3c2", "#c9a9b0", "#2f3a5a", "#fff1d6",
        "#5b7db1 #e9a08c #f6cfa5 #34466b #c77f86 #f3e3d3", "#fdf3e7", "#1f2740",
    ),
    "dusk": palette(
        "#2b2d5b #6d4a82 #d96f7e #ffb27a", "#b4637f", "#1f1b3a", "#ffe2a8",
        "#3a3470 #d65f72 #ff9e6b #ffd08a #77508f #f5e6dc", "#fff0dd", "#15122b",
    ),
    "sea": palette(
        "#2f7fa8 #7fbfd2 #cfe8e4 #fbeed5", "#8fc0c6", "#0f4661", "#fff6da",
        "#0f5e7d #2f93ad #8ccac8 #f2d8a7 #e8836b #f4f0e4", "#f7f5ea", "#0a2f45",
    ),
    "lagoon": palette(
        "#1b8a8f #63bdb0 #c6e6c9 #fdf2c8", "#7cc0ae", "#0b4a57", "#fffbe0",
        "#0d6b73 #39a89b #a5d8bd #ffd27d #f28a6a #fbf4df", "#fcf8e6", "#073540",
    ),
    "forest": palette(
        "#7fa08f #b7c9ac #e4e3c3 #f6efd2", "#a9bfa4", "#16352d", "#fff6cf",
        "#1f4d3d #4f7f5c #9ab57e #dcc98a #b8693f #f0ead2", "#f6f2df", "#0d231e",
    ),
    "moss": palette(
        "#4c6a63 #86a08a #c9cfa5 #ece3b4", "#8ea488", "#1d2f28", "#fbeeb5",
        "#2c463c #64825c #a9b26c #e3cf83 #c27a4a #efe7cc", "#f4efd9", "#121f1b",
    ),
    "night": palette(
        "#070b22 #13204a #2b4273 #55689a", "#3c4f83", "#070a1c", "#f6edc9",
        "#16224f #3a5a97 #7fa3cf #f0c66a #d97d5c #e9e6da", "#f3eed8", "#04060f", dark=True,
    ),
    "aurora": palette(
        "#050a1e #0c1f3d #14405a #2a6a70", "#1d4a5e", "#040814", "#d9ffe8",
        "#0f2f4a #1f7f7a #5fd6a2 #b7f0c0 #7b61c9 #e6f3ea", "#eafff3", "#02040d", dark=True,
    ),
    "ginger": palette(
        "#8c3b1f #d2691e #f2a45a #ffdca8", "#d98b52", "#4a1d12", "#fff0c9",
        "#9c3f1c #d96c2c #f0a04b #f7d08a #5a2a1b #fbeedb", "#fff3e0", "#2c110b",
    ),
    "desert": palette(
        "#7f9fb5 #d9c3a5 #f2c28b #f7dcae", "#dfa272", "#7a3526", "#fff4d2",
        "#b5532f #dd8a4e #f0c07f #7d9aa6 #5b2f2a #f8ead0", "#fbf0da", "#3a1a17",
    ),
    "autumn": palette(
        "#6f7f8c #c9b79a #eab676 #f5d9a0", "#c79a6a", "#43221b", "#ffefc4",
        "#7f2f22 #c65a2e #e9a13b #8a8f5c #3f3a36 #f4e6cb", "#f9efd9", "#24130f",
    ),
    "winter": palette(
        "#7e9dc0 #b3c7dc #dde6ee #f7f2ee", "#b9cbdc", "#33506f", "#fffaf0",
        "#3d5f86 #7fa3c4 #bcd3e3 #e9eef2 #d58f83 #f8f8f6", "#fbfcfd", "#1c3049",
    ),
    "sakura": palette(
        "#9fb3d1 #d9c3dc #f6cfd6 #fdeae4", "#dcb3c6", "#5a3557", "#fff7ee",
        "#c75f85 #ee9cb0 #f9cdd0 #8fa9c9 #5d3c63 #fdf0ec", "#fff6f2", "#341d36",
    ),
    "lavender": palette(
        "#5d5a94 #9a8cc0 #d8bfd8 #f6e2d9", "#a995c2", "#2d2750", "#fff3df",
        "#4f4a86 #8878b8 #c1a9d6 #f0c9bd #e58f7b #f5eef2", "#f9f3f3", "#1b1734",
    ),
    "ember": palette(
        "#1a0f1f #4b1631 #a5293a #f2703f", "#7d2238", "#14090f", "#ffcf87",
        "#3b1430 #a3283c #e8563a #ffa552 #ffd99a #f3e2d5", "#ffecd2", "#0c050a", dark=True,
    ),
    "mint": palette(
        "#83b8ac #b9d9c7 #e3ecd7 #fbf3e2", "#a7cbb9", "#2b5654", "#fffbe8",
        "#2f6b66 #7db8a4 #c3dfc8 #f4d9b0 #ef9f86 #faf6ea", "#fbf9ef", "#183534",
    ),
    "poster": palette(
        "#264653 #2a9d8f #e9c46a #f4dfb0", "#6f9f92", "#1b323c", "#fff2cf",
        "#264653 #2a9d8f #e9c46a #f4a261 #e76f51 #f6efdf", "#f8f1e1", "#142730",
    ),
    "riso": palette(
        "#3d5a9b #f08a7b #ffc9a6 #ffe9cf", "#d98a93", "#22315e", "#fff4e0",
        "#2f4f9b #f2695c #ffb14e #f7d9c4 #1f2d55 #faf2e6", "#fcf4e8", "#161f3f",
    ),
}  # fmt: skip
