"""Landscapes: layered distances, light and air."""

import math
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from gallery.demo.pictures.painter import Canvas, Point, blend, mix, ridge, waves
from gallery.demo.pictures.palettes import PALETTES, Colour


def place_sun(canvas: Canvas, lowest: float, highest: float) -> Point:
    """Somewhere that is neither the middle nor the edge, between two heights."""
    side = canvas.random.choice((0.3, 0.36, 0.62, 0.69))
    height = canvas.random.uniform(highest, lowest)
    return canvas.width * (side + canvas.random.uniform(-0.04, 0.04)), canvas.height * height


def paint_sky(canvas: Canvas, sun: Point, radius: float, horizon: float) -> None:
    """Sky down to the horizon, with the sun or the moon and its light."""
    canvas.image = canvas.gradient(canvas.palette.sky, 0, horizon)
    clouds(canvas, horizon)
    if canvas.palette.is_dark:
        canvas.stars(260, horizon, canvas.palette.light)
    canvas.glow(sun, canvas.unit * 0.75, canvas.palette.sun, 0.55)
    canvas.glow(sun, radius * 2.6, canvas.palette.sun, 0.5)
    canvas.disc(sun, radius, canvas.palette.sun)


def clouds(canvas: Canvas, horizon: float) -> None:
    """Long, thin, soft clouds."""
    noise = canvas.noise(5, 26)
    curve = [round(max(0, value - 128) * 0.62) for value in range(256)]
    fading = canvas.gradient(((0, 0, 0), (255, 255, 255), (0, 0, 0)), 0.05, horizon).convert("L")
    canvas.fill(ImageChops.multiply(noise.point(curve), fading), canvas.palette.sun)


def distance(canvas: Canvas, share: float) -> Colour:
    """The colour of things this near: 0 at the horizon, 1 at our feet."""
    return blend((canvas.palette.far, canvas.palette.near, canvas.palette.ink), share * 0.86)


def haze(canvas: Canvas, share: float, top: float, depth: float) -> Image.Image:
    """A layer's paint: its colour above, mist at its foot."""
    body = distance(canvas, share)
    mist = mix(body, canvas.palette.sky[-1], 0.62 * (1 - share))
    return canvas.gradient((body, mist), top / canvas.height, (top + depth) / canvas.height)


def mountains(canvas: Canvas) -> None:
    """Ridge behind ridge in the haze, under a low sun."""
    random, height = canvas.random, canvas.height
    horizon = random.uniform(0.46, 0.56)
    sun = place_sun(canvas, horizon - 0.08, 0.2)
    paint_sky(canvas, sun, canvas.unit * random.uniform(0.05, 0.085), horizon + 0.12)
    layers = random.choice((5, 6, 7))
    for layer in range(layers):
        share = layer / (layers - 1)
        base = height * (horizon + (0.98 - horizon) * share**1.15)
        reach = height * (0.21 - 0.12 * share)
        line = ridge(random, 256, 0.6 - 0.16 * share)
        heights = [base - reach * (0.35 + value * 0.75) for value in line]
        mask = canvas.below(heights)
        canvas.fill(mask, haze(canvas, share, min(heights), height * 0.3))
        if 0 < share < 0.7:
            sunlit_edge(canvas, heights, sun)
    canvas.vignette(0.2)


def sunlit_edge(canvas: Canvas, heights: Sequence[float], sun: Point) -> None:
    """A thin line of light along a ridge, where the sun is near."""
    step = canvas.width / (len(heights) - 1)
    points = [(index * step * 2, height * 2) for index, height in enumerate(heights)]
    thickness = max(2, round(canvas.unit / 420))
    line = canvas.mask(lambda pen, _: pen.line(points, fill=150, width=thickness))
    near = Image.radial_gradient("L").point([max(0, 200 - value) for value in range(256)])
    side = round(canvas.unit * 1.1)
    place = Image.new("L", canvas.size)
    place.paste(near.resize((side, side)), (round(sun[0] - side / 2), round(sun[1] - side / 2)))
    canvas.fill(ImageChops.multiply(line, place), canvas.palette.sun)


def dunes(canvas: Canvas) -> None:
    """Waves of sand, one side of each in the light."""
    random, width, height = canvas.random, canvas.width, canvas.height
    horizon = random.uniform(0.4, 0.5)
    sun = place_sun(canvas, horizon - 0.1, 0.14)
    paint_sky(canvas, sun, canvas.unit * random.uniform(0.05, 0.07), horizon + 0.1)
    lit_side = 1 if sun[0] < width / 2 else -1
    layers, crest = 5, random.uniform(0.25, 0.75)
    for layer in range(layers):
        share = layer / (layers - 1)
        base = height * (horizon + 0.02 + (1.08 - horizon) * share**1.25)
        reach = height * (0.05 + 0.13 * share)
        crest = round((0.1 + (crest + random.uniform(0.25, 0.55)) % 0.8) * 128) / 128
        steep, gentle = 0.16 + 0.1 * share, 0.4 + 0.25 * share
        swing = waves(random, 128, 0.8, 2)
        heights = [
            base
            - reach * (dune((index / 128 - crest) * lit_side, steep, gentle) + 0.12 * swing[index])
            for index in range(129)
        ]
        mask = canvas.below(heights)
        sand = mix(canvas.palette.far, canvas.palette.near, 0.08 + share * 0.5)
        bright, dark = mix(sand, canvas.palette.sun, 0.3), mix(sand, canvas.palette.ink, 0.5)
        top = min(heights) / height
        canvas.fill(mask, canvas.gradient((bright, sand, mix(sand, dark, 0.4)), top, top + 0.45))
        peak = width * crest, heights[round(crest * 128)]
        lee = canvas.polygon(lee_side(canvas, peak, heights, lit_side, reach * 3.4))
        shadow = canvas.gradient((dark, mix(dark, sand, 0.75)), top, top + 0.3)
        canvas.fill(ImageChops.multiply(lee, mask), shadow, 0.8)
    canvas.vignette(0.15)


def dune(offset: float, steep: float, gentle: float) -> float:
    """The height, 0 to 1, of a dune at this distance from its crest, all in shares of the width."""
    return math.exp(-((abs(offset) / (steep if offset > 0 else gentle)) ** 1.35))


def lee_side(
    canvas: Canvas, peak: Point, heights: Sequence[float], lit_side: int, fall: float
) -> list[Point]:
    """The outline of a dune's shadow: along the crest line outwards, back along a long curve."""
    step = canvas.width / (len(heights) - 1)
    edge = canvas.width if lit_side > 0 else 0
    line = [(index * step, height) for index, height in enumerate(heights)]
    outwards = [point for point in line if (point[0] - peak[0]) * lit_side > 0]
    if lit_side < 0:
        outwards.reverse()
    curve = []
    for index in range(41):
        t = index / 40
        sway = math.sin(t * math.pi * 1.5) * 0.05 + t**1.6 * 0.34
        curve.append((peak[0] + lit_side * canvas.unit * sway, peak[1] + fall * t))
    return [peak, *outwards, (edge, peak[1] + fall), *reversed(curve)]


def sea(canvas: Canvas) -> None:
    """The sun over water, its path of light, and perhaps a sail."""
    random, width, height = canvas.random, canvas.width, canvas.height
    horizon = random.uniform(0.48, 0.6)
    sun = place_sun(canvas, horizon - 0.05, horizon - 0.26)
    radius = canvas.unit * random.uniform(0.06, 0.1)
    paint_sky(canvas, sun, radius, horizon)
    headland(canvas, horizon)
    top = round(height * horizon)
    deep = mix(canvas.palette.near, canvas.palette.ink, 0.25)
    shallow = mix(canvas.palette.sky[-1], canvas.palette.far, 0.55)
    water = canvas.gradient((shallow, canvas.palette.far, canvas.palette.near, deep), horizon, 1)
    canvas.image.paste(water.crop((0, top, width, height)), (0, top))
    swell(canvas, top)
    glitter(canvas, sun[0], top)
    if random.random() < 0.6:
        sail(canvas, top)
    canvas.vignette(0.18)


def headland(canvas: Canvas, horizon: float) -> None:
    """Hills that reach into the sea from one side."""
    for share, reach in ((0.16, 0.62), (0.34, 0.4)):
        line = ridge(canvas.random, 128, 0.5)
        height = canvas.height * (0.1 + 0.03 * share)
        slope = [max(0.0, 1 - index / 128 / reach) ** 0.8 for index in range(129)]
        heights = [
            canvas.height * horizon + 2 - height * (0.8 + 0.5 * value) * fall
            for value, fall in zip(line, slope, strict=True)
        ]
        if canvas.random.random() < 0.5:
            heights.reverse()
        canvas.fill(canvas.below(heights), distance(canvas, share))


def swell(canvas: Canvas, top: int) -> None:
    """Rows of waves, longer and farther apart as they come near."""
    random = canvas.random
    dark, bright = canvas.palette.near, mix(canvas.palette.far, canvas.palette.light, 0.6)

    def draw(pen: ImageDraw.ImageDraw, scale: float) -> None:
        for _ in range(420):
            depth = random.random() ** 1.6
            y = (top + 2 + depth * (canvas.height - top)) * scale
            x = random.uniform(-0.1, 1.1) * canvas.width * scale
            length = canvas.unit * (0.02 + 0.12 * depth) * random.uniform(0.4, 1.3) * scale
            thick = canvas.unit * (0.0006 + 0.0036 * depth) * random.uniform(0.5, 1.1) * scale
            under = blend((canvas.palette.far, canvas.palette.near, canvas.palette.ink), depth)
            tone = mix(under, bright if random.random() < 0.55 else dark, 0.32)
            pen.ellipse((x - length, y - thick, x + length, y + thick), fill=tone)

    canvas.draw_smoothly(draw)


def glitter(canvas: Canvas, x: float, top: int) -> None:
    """The sun's path on the water."""
    random = canvas.random

    def draw(pen: ImageDraw.ImageDraw, scale: float) -> None:
        for _ in range(300):
            depth = random.random() ** 1.5
            y = (top + 2 + depth * (canvas.height - top) * 0.96) * scale
            spread = canvas.unit * (0.035 + 0.11 * depth)
            centre = (x + random.gauss(0, 0.5) * spread) * scale
            length = canvas.unit * random.uniform(0.006, 0.035) * (0.4 + depth) * scale
            thick = canvas.unit * (0.0007 + 0.003 * depth) * scale
            tone = round(random.uniform(110, 250) * (1 - 0.55 * depth))
            pen.ellipse((centre - length, y - thick, centre + length, y + thick), fill=tone)

    canvas.fill(canvas.mask(draw), canvas.palette.sun)


def sail(canvas: Canvas, top: int) -> None:
    """A small boat with two sails."""
    random = canvas.random
    size = canvas.unit * random.uniform(0.035, 0.06)
    x = canvas.width * random.choice((0.2, 0.42, 0.55, 0.8))
    y = top + size * random.uniform(0.4, 1.2)
    main = [(x, y - size * 1.9), (x, y - size * 0.25), (x + size * 0.95, y - size * 0.25)]
    jib = [
        (x - size * 0.1, y - size * 1.6),
        (x - size * 0.1, y - size * 0.25),
        (x - size * 0.7, y - size * 0.25),
    ]
    hull = [
        (x - size * 0.8, y - size * 0.15),
        (x + size, y - size * 0.15),
        (x + size * 0.7, y + size * 0.12),
        (x - size * 0.5, y + size * 0.12),
    ]
    canvas.fill(canvas.polygon(main), canvas.palette.light)
    canvas.fill(canvas.polygon(jib), mix(canvas.palette.light, canvas.palette.sky[-2], 0.35))
    canvas.fill(canvas.polygon(hull), canvas.palette.ink)
    canvas.glow((x, y + size * 0.5), size * 1.2, canvas.palette.ink, 0.22)


def forest(canvas: Canvas) -> None:
    """Firs in the fog, row behind row."""
    random, height = canvas.random, canvas.height
    sun = place_sun(canvas, 0.36, 0.18)
    paint_sky(canvas, sun, canvas.unit * random.uniform(0.045, 0.07), 0.75)
    hills = [height * (0.46 - 0.1 * value) for value in ridge(random, 128, 0.5)]
    canvas.fill(canvas.below(hills), haze(canvas, 0.02, min(hills), height * 0.25))
    rows = 5
    for index in range(rows):
        share = (index + 0.6) / (rows - 0.4)
        ground = [
            height * (0.48 + 0.5 * share**1.25 - 0.05 * value)
            for value in waves(random, 64, random.uniform(0.5, 1.3), 2)
        ]
        tall = canvas.unit * (0.07 + 0.3 * share**1.7)
        mask = firs(canvas, ground, tall)
        top = min(ground) - tall
        canvas.fill(mask, haze(canvas, share * 0.95, top, tall + height * 0.16))
    canvas.vignette(0.22)


def firs(canvas: Canvas, ground: Sequence[float], tall: float) -> Image.Image:
    """The mask of a row of firs on its ground."""
    random = canvas.random
    step = canvas.width / (len(ground) - 1)

    def draw(pen: ImageDraw.ImageDraw, scale: float) -> None:
        line = [(index * step * scale, y * scale) for index, y in enumerate(ground)]
        foot = canvas.height * scale
        pen.polygon([(0, foot), *line, (canvas.width * scale, foot)], fill=255)
        x = -tall * 0.2
        while x < canvas.width + tall * 0.2:
            y = ground[min(len(ground) - 1, max(0, round(x / step)))]
            size = tall * (0.45 + 0.65 * random.random() ** 1.3)
            outline = [(px * scale, py * scale) for px, py in fir(canvas, x, y + size * 0.1, size)]
            pen.polygon(outline, fill=255)
            x += tall * random.uniform(0.08, 0.36)

    return canvas.mask(draw)


def fir(canvas: Canvas, x: float, foot: float, size: float) -> list[Point]:
    """The outline of one fir: boughs that hang a little, shorter towards the top."""
    random = canvas.random
    boughs = 7 + round(size / canvas.unit * 16)
    spread = size * random.uniform(0.17, 0.23)
    left: list[Point] = []
    right: list[Point] = []
    for index in range(boughs):
        share = (index + 1) / boughs
        y = foot - size * (1 - share**1.05)
        reach = spread * share**0.9
        for side, outline in ((-1, left), (1, right)):
            out = reach * random.uniform(0.78, 1.12)
            outline.append((x + side * out * 0.42, y - size * 0.05))
            outline.append((x + side * out, y + size * 0.012))
    return [(x, foot - size * 1.05), *right, *reversed(left)]


def northern_lights(canvas: Canvas) -> None:
    """Curtains of light over a dark ridge and still water."""
    random, height = canvas.random, canvas.height
    horizon = random.uniform(0.66, 0.74)
    if not canvas.palette.is_dark:
        canvas.palette = PALETTES["aurora"]
    night = [mix(colour, canvas.palette.ink, 0.35) for colour in canvas.palette.sky]
    canvas.image = canvas.gradient(night, 0, horizon)
    canvas.stars(520, horizon, canvas.palette.light)
    glows = canvas.palette.chips
    for colours in ((glows[2], glows[1], glows[4]), (glows[3], glows[2], glows[1])):
        veil = curtain(canvas, horizon)
        ramp = ImageOps.colorize(veil, (0, 0, 0), colours[0], mix(colours[0], (255, 255, 255), 0.4))
        tint = canvas.gradient((colours[2], colours[1], colours[0]), 0.05, horizon * 0.8)
        light = ImageChops.multiply(Image.merge("RGB", (veil, veil, veil)), tint)
        canvas.image = ImageChops.screen(canvas.image, light)
        canvas.image = ImageChops.screen(canvas.image, ramp.point(lambda value: value * 0.25))
    for share in (0.25, 0.6):
        line = ridge(random, 256, 0.54)
        lift = 0.11 - 0.06 * share
        heights = [height * (horizon + 0.005 - lift * (0.55 + 0.6 * value)) for value in line]
        canvas.fill(
            canvas.below([min(y, height * horizon) for y in heights]),
            mix(canvas.palette.far, canvas.palette.ink, 0.35 + 0.55 * share),
        )
    mirror(canvas, round(height * horizon), 0.5)
    canvas.vignette(0.3)


def curtain(canvas: Canvas, horizon: float) -> Image.Image:
    """One veil of light as a mask: bright below, with rays that fade upwards."""
    random = canvas.random
    columns, rows = 150, 110
    hem = waves(random, columns, random.uniform(0.7, 1.3), 3)
    rays = ridge(random, columns, 0.85)
    base = rows * horizon * random.uniform(0.5, 0.72)
    tall = rows * random.uniform(0.3, 0.46)
    levels = bytearray(columns * rows)
    for x in range(columns):
        foot = base + hem[x] * rows * 0.15
        bright = 175 * (0.55 + 0.45 * max(-1.0, min(1.0, rays[x])))
        reach = max(4.0, tall * (0.7 + 0.3 * rays[x]))
        for y in range(max(0, int(foot - reach)), min(rows, int(foot) + 7)):
            rise = (foot - y) / max(reach, 1.0)
            level = max(0.0, 1 - rise) ** 1.5 if rise >= 0 else max(0.0, 1 + rise * reach / 6)
            levels[y * columns + x] = max(0, min(255, round(bright * level)))
    veil = Image.frombytes("L", (columns, rows), bytes(levels))
    veil = veil.filter(ImageFilter.GaussianBlur(0.8))
    return veil.resize(canvas.size, Image.Resampling.BICUBIC)


def mirror(canvas: Canvas, top: int, strength: float) -> None:
    """Still water below `top` that shows what is above, darker and drawn out sideways."""
    depth = canvas.height - top
    above = canvas.image.crop((0, max(0, top - depth), canvas.width, top))
    image = ImageOps.flip(above).resize((canvas.width, depth))
    narrow = image.resize((max(1, canvas.width // 10), depth), Image.Resampling.BOX)
    image = Image.blend(image, narrow.resize((canvas.width, depth), Image.Resampling.BICUBIC), 0.7)
    image = ripple(canvas, image)
    dark = Image.new("RGB", image.size, canvas.palette.ink)
    canvas.image.paste(Image.blend(image, dark, 1 - strength - 0.15), (0, top))


def ripple(canvas: Canvas, image: Image.Image) -> Image.Image:
    """Shift rows sideways as small waves do, more towards the front."""
    result = image.copy()
    y, phase = 0, canvas.random.random() * math.tau
    while y < image.height:
        share = y / image.height
        thick = max(1, round(1 + share * canvas.unit / 180))
        shift = round(math.sin(phase + y * 0.9) * canvas.unit * (0.001 + 0.006 * share))
        strip = image.crop((0, y, image.width, min(image.height, y + thick)))
        result.paste(strip, (shift, y))
        y += thick
    return result
