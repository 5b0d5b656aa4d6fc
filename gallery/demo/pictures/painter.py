"""What every family of pictures paints with: gradients, masks, light, shade and grain.

Pillow alone, and fast: soft things are painted small and enlarged, hard edges are drawn at twice
the size and reduced.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from gallery.demo.pictures.palettes import Colour, Palette

Point = tuple[float, float]
Paint = Colour | Image.Image
SMOOTH = 2  # how much larger masks are drawn than they are used


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """The colour `share` of the way from the first to the second."""
    share = min(1.0, max(0.0, share))
    red, green, blue = (
        round(one + (other - one) * share) for one, other in zip(first, second, strict=True)
    )
    return red, green, blue


def blend(colours: Sequence[Colour], share: float) -> Colour:
    """The colour `share` of the way along a row of colours."""
    position = min(1.0, max(0.0, share)) * (len(colours) - 1)
    index = min(int(position), len(colours) - 2)
    return mix(colours[index], colours[index + 1], position - index)


class Canvas:
    """A picture in the making: its size, its palette, its luck and its pixels."""

    def __init__(self, size: tuple[int, int], palette: Palette, random: Random) -> None:
        self.width, self.height = size
        self.size = size
        self.unit = math.sqrt(self.width * self.height)  # a length that suits every ratio
        self.palette = palette
        self.random = random
        self.image = Image.new("RGB", size, palette.light)

    def gradient(
        self, colours: Sequence[Colour], start: float = 0.0, end: float = 1.0
    ) -> Image.Image:
        """Colours from top to bottom between two heights (shares of the picture's)."""
        span = max(end - start, 1e-6) * self.height
        first = start * self.height
        # Rows of equal pixels: much faster than enlarging a narrow picture.
        rows = (bytes(blend(colours, (y - first) / span)) * self.width for y in range(self.height))
        return Image.frombytes("RGB", self.size, b"".join(rows))

    def mesh(self, colours: Sequence[Colour], columns: int = 3, rows: int = 3) -> Image.Image:
        """Colours that melt into each other in all directions."""
        small = Image.new("RGB", (columns, rows))
        small.putdata([self.random.choice(colours) for _ in range(columns * rows)])
        middle = small.resize((columns * 12, rows * 12), Image.Resampling.BICUBIC)
        middle = middle.filter(ImageFilter.GaussianBlur(6))
        return middle.resize(self.size, Image.Resampling.BICUBIC)

    def mask(self, draw: Callable[[ImageDraw.ImageDraw, float], object]) -> Image.Image:
        """A smooth-edged mask; `draw` gets the pen and the scale by which to enlarge."""
        large = Image.new("L", (self.width * SMOOTH, self.height * SMOOTH))
        draw(ImageDraw.Draw(large), SMOOTH)
        return large.reduce(SMOOTH)

    def polygon(self, points: Sequence[Point]) -> Image.Image:
        """The mask of one polygon, in pixels; only the rows that it touches are worked on."""
        top = max(0, math.floor(min(y for _, y in points)))
        bottom = min(self.height, math.ceil(max(y for _, y in points)))
        mask = Image.new("L", self.size)
        if bottom > top:
            large = Image.new("L", (self.width * SMOOTH, (bottom - top) * SMOOTH))
            enlarged = [(x * SMOOTH, (y - top) * SMOOTH) for x, y in points]
            ImageDraw.Draw(large).polygon(enlarged, fill=255)
            mask.paste(large.reduce(SMOOTH), (0, top))
        return mask

    def below(self, heights: Sequence[float]) -> Image.Image:
        """The mask of everything below a line, given as heights at even steps, in pixels."""
        step = self.width / (len(heights) - 1)
        line = [(index * step, height) for index, height in enumerate(heights)]
        return self.polygon([(0, self.height), *line, (self.width, self.height)])

    def fill(self, mask: Image.Image, paint: Paint, strength: float = 1.0) -> None:
        """Lay a colour or an image through a mask."""
        if strength < 1:
            mask = mask.point([round(value * strength) for value in range(256)])
        box = mask.getbbox()
        if box is None:
            return
        if isinstance(paint, Image.Image):
            self.image.paste(paint.crop(box), box, mask.crop(box))
        else:
            self.image.paste(paint, box, mask.crop(box))

    def shade(self, mask: Image.Image, offset: Point, blur: float, strength: float) -> None:
        """The soft shadow that something of this shape throws on what is there already."""
        curve = [round(value * strength) for value in range(256)]
        small = mask.reduce(4).filter(ImageFilter.GaussianBlur(blur / 4)).point(curve)
        soft = small.resize(self.size, Image.Resampling.BILINEAR)
        shadow = soft.copy()  # what the shift lays bare at the edges keeps its shade
        shadow.paste(soft, (round(offset[0]), round(offset[1])))
        self.fill(shadow, self.palette.ink)

    def glow(self, centre: Point, radius: float, colour: Colour, strength: float = 1.0) -> None:
        """Light around a point, fading to nothing at the radius (pixels)."""
        side = max(2, round(radius * 2))
        curve = [round(255 * strength * max(0.0, 1 - value / 181) ** 2) for value in range(256)]
        light = Image.radial_gradient("L").point(curve)
        light = light.resize((side, side), Image.Resampling.BICUBIC)
        corner = round(centre[0] - radius), round(centre[1] - radius)
        self.image.paste(colour, (*corner, corner[0] + side, corner[1] + side), light)

    def disc(self, centre: Point, radius: float, paint: Paint, strength: float = 1.0) -> None:
        """A filled circle with a smooth edge."""
        x, y = centre
        box = [edge * SMOOTH for edge in (x - radius, y - radius, x + radius, y + radius)]
        self.fill(self.mask(lambda pen, _: pen.ellipse(box, fill=255)), paint, strength)

    def draw_smoothly(self, draw: Callable[[ImageDraw.ImageDraw, float], object]) -> None:
        """Draw on the picture itself with smooth edges; for many small coloured things."""
        large = self.image.resize(
            (self.width * SMOOTH, self.height * SMOOTH), Image.Resampling.NEAREST
        )
        draw(ImageDraw.Draw(large), SMOOTH)
        self.image = large.reduce(SMOOTH)

    def stars(self, count: int, lowest: float, colour: Colour) -> None:
        """Stars down to a height (share of the picture's), a few of them bright."""
        mask = Image.new("L", (self.width * SMOOTH, self.height * SMOOTH))
        pen = ImageDraw.Draw(mask)
        for _ in range(count):
            x = self.random.random() * self.width * SMOOTH
            y = self.random.random() ** 1.4 * self.height * lowest * SMOOTH
            size = self.unit / 900 * (0.6 + self.random.random() ** 6 * 2.6)
            fade = 1 - y / (self.height * lowest * SMOOTH)
            brightness = round((60 + 195 * self.random.random()) * (0.25 + 0.75 * fade))
            pen.ellipse((x - size, y - size, x + size, y + size), fill=brightness)
        self.fill(mask.reduce(SMOOTH), colour)

    def noise(self, columns: int, rows: int) -> Image.Image:
        """Soft clouds of grey; the finer, the more columns and rows."""
        data = self.random.randbytes(columns * rows)
        small = Image.frombytes("L", (columns, rows), data)
        return small.resize(self.size, Image.Resampling.BICUBIC)

    def texture(self, columns: int, rows: int, strength: float) -> None:
        """Lighten and darken the picture by clouds, as paper or stone is uneven."""
        noise = self.noise(columns, rows)
        curve = [round(255 - (255 - value) * strength) for value in range(256)]
        grey = noise.point(curve)
        self.image = ImageChops.multiply(self.image, Image.merge("RGB", (grey, grey, grey)))

    def grain(self, amount: int = 5) -> None:
        """The fine grain of print, which also hides the steps of long gradients."""
        raw = self.random.randbytes(self.width * self.height)
        noise = Image.frombytes("L", self.size, raw)
        noise = noise.point([round(value * 2 * amount / 255) for value in range(256)])
        layers = Image.merge("RGB", (noise, noise, noise))
        self.image = ImageChops.add(self.image, layers, scale=1, offset=-amount)

    def vignette(self, strength: float = 0.25) -> None:
        """Darken the corners a little."""
        curve = [round(255 * strength * (value / 255) ** 2.2) for value in range(256)]
        mask = Image.radial_gradient("L").resize(self.size, Image.Resampling.BICUBIC)
        self.fill(mask.point(curve), self.palette.ink)


def ridge(random: Random, steps: int, roughness: float = 0.5) -> list[float]:
    """A jagged line from -1 to 1 by midpoint displacement, `steps` + 1 values; 0 is smooth."""
    line = [random.uniform(-1, 1), random.uniform(-1, 1)]
    reach = 1.0
    while len(line) <= steps:
        reach *= roughness
        finer = []
        for left, right in pairwise(line):
            finer += [left, (left + right) / 2 + random.uniform(-reach, reach)]
        line = [*finer, line[-1]]
    return line[: steps + 1]


def waves(random: Random, steps: int, count: float, octaves: int = 3) -> list[float]:
    """A rolling line from -1 to 1: some sine waves, about `count` crests across."""
    parts = [
        (count * (1.7**octave), random.random() * math.tau, 0.5**octave)
        for octave in range(octaves)
    ]
    total = sum(part[2] for part in parts)
    return [
        sum(
            weight * math.sin(index / steps * frequency * math.tau + phase)
            for frequency, phase, weight in parts
        )
        / total
        for index in range(steps + 1)
    ]
