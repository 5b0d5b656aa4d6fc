"""Things one knows: a city, a cat, plants, a planet."""

import math
from collections.abc import Callable, Sequence
from functools import partial

from PIL import Image, ImageChops, ImageDraw

from gallery.demo.pictures.landscapes import clouds, mirror, paint_sky, place_sun
from gallery.demo.pictures.painter import Canvas, Point, blend, mix, waves
from gallery.demo.pictures.palettes import Colour


def city(canvas: Canvas) -> None:
    """A skyline with lit windows above the water."""
    random, height = canvas.random, canvas.height
    shore = random.uniform(0.7, 0.78)
    moon = place_sun(canvas, 0.34, 0.16)
    paint_sky(canvas, moon, canvas.unit * random.uniform(0.04, 0.07), shore)
    rows = 4
    for row in range(rows):
        share = row / (rows - 1)
        body = blend((canvas.palette.far, canvas.palette.near, canvas.palette.ink), share * 0.9)
        tall = height * (0.46 - 0.1 * share)
        houses = street(canvas, tall, canvas.unit * (0.045 + 0.035 * share))
        top, foot = height * shore - tall, height * shore
        mist = mix(body, canvas.palette.sky[-1], 0.5 * (1 - share))
        mask = canvas.mask(partial(draw_houses, houses, foot))
        canvas.fill(mask, canvas.gradient((body, mist), top / height, foot / height))
        if row:
            lit = canvas.mask(partial(draw_windows, canvas, houses, foot, share))
            canvas.fill(ImageChops.multiply(lit, mask), canvas.palette.sun, 0.45 + 0.5 * share)
    mirror(canvas, round(height * shore), 0.62)
    canvas.vignette(0.25)


House = tuple[float, float, float, int]  # left, width, height, roof


def street(canvas: Canvas, tall: float, wide: float) -> list[House]:
    """A row of houses from edge to edge, highest somewhere off the middle."""
    random = canvas.random
    summit = random.uniform(0.25, 0.75)
    houses: list[House] = []
    x = -wide * random.random()
    while x < canvas.width:
        width = wide * random.uniform(0.6, 1.35)
        near = max(0.0, 1 - abs((x + width / 2) / canvas.width - summit) * 1.5)
        height = tall * (0.18 + 0.4 * random.random() + 0.42 * near * random.random())
        houses.append((x, width, height, random.randrange(6)))
        x += width * random.uniform(0.82, 0.98)
    return houses


def draw_houses(
    houses: Sequence[House], foot: float, pen: ImageDraw.ImageDraw, scale: float
) -> None:
    """Bodies and roofs: flat, stepped, slanted, or with a mast."""
    for left, width, height, roof in houses:
        x, right, top, bottom = (
            value * scale for value in (left, left + width, foot - height, foot)
        )
        pen.rectangle((x, top, right, bottom), fill=255)
        step = (right - x) * 0.2
        if roof == 0:
            pen.rectangle((x + step, top - step, right - step, top), fill=255)
            pen.rectangle((x + step * 1.8, top - step * 2, right - step * 1.8, top), fill=255)
        elif roof == 1:
            pen.polygon([(x, top), (right, top), (right, top - step * 2)], fill=255)
        elif roof == 2:
            middle, thin = (x + right) / 2, max(1.0, step / 9)
            pen.rectangle((middle - thin, top - step * 4, middle + thin, top), fill=255)
            pen.rectangle((x + step, top - step * 0.8, right - step, top), fill=255)
        elif roof == 3:
            pen.polygon([(x, top), (right, top), ((x + right) / 2, top - step * 3)], fill=255)


def draw_windows(
    canvas: Canvas,
    houses: Sequence[House],
    foot: float,
    share: float,
    pen: ImageDraw.ImageDraw,
    scale: float,
) -> None:
    """Windows in a grid, some of them lit, brighter and dimmer."""
    random = canvas.random
    size = canvas.unit * (0.0045 + 0.0035 * share)
    for left, width, height, _ in houses:
        columns = int((width - size) / (size * 1.9))
        rows = int((height - size) / (size * 2.3))
        chance = random.choice((0.12, 0.25, 0.42))
        margin = (width - columns * size * 1.9 + size * 0.9) / 2
        for column in range(columns):
            for row in range(rows):
                if random.random() < chance:
                    x = (left + margin + column * size * 1.9) * scale
                    y = (foot - height + size * 1.5 + row * size * 2.3) * scale
                    box = (x, y, x + size * scale, y + size * 1.35 * scale)
                    pen.rectangle(box, fill=random.choice((110, 170, 215, 255)))


def cat(canvas: Canvas) -> None:
    """A cat on a hill that looks at a large sun or moon."""
    random, width, height = canvas.random, canvas.width, canvas.height
    side = random.choice((0.36, 0.5, 0.64))
    radius = canvas.unit * random.uniform(0.24, 0.29)
    moon = width * side, height * random.uniform(0.42, 0.48)
    paint_sky(canvas, moon, radius, 0.85)
    craters(canvas, moon, radius)
    clouds(canvas, 0.8)
    for share, base, reach in ((0.2, 0.74, 0.05), (0.55, 0.82, 0.04)):
        heights = [height * (base - reach * value) for value in waves(random, 96, 1.2, 3)]
        paint = blend((canvas.palette.far, canvas.palette.near, canvas.palette.ink), share)
        canvas.fill(
            canvas.below(heights),
            canvas.gradient((paint, mix(paint, canvas.palette.ink, 0.3)), base),
        )
    hill = [
        height * (0.9 - 0.07 * math.exp(-((((index / 96) - side) * 3.2) ** 2)) * 1.6)
        for index in range(97)
    ]
    seat = width * side, hill[round(96 * side)] + canvas.unit * 0.012
    fur = mix(canvas.palette.near, canvas.palette.ink, 0.55)
    canvas.fill(cat_mask(canvas, seat, canvas.unit * random.uniform(0.27, 0.33)), fur)
    canvas.fill(canvas.below(hill), mix(fur, canvas.palette.ink, 0.35))
    grass(canvas, hill, mix(fur, canvas.palette.ink, 0.35))
    canvas.vignette(0.2)


def craters(canvas: Canvas, moon: Point, radius: float) -> None:
    """Faint seas on the moon."""
    random = canvas.random
    tone = mix(canvas.palette.sun, canvas.palette.sky[-1], 0.55)

    def draw(pen: ImageDraw.ImageDraw, scale: float) -> None:
        for _ in range(7):
            turn, reach = random.random() * math.tau, random.random() ** 0.6 * radius * 0.68
            size = radius * random.uniform(0.06, 0.24)
            x = (moon[0] + math.cos(turn) * reach) * scale
            y = (moon[1] + math.sin(turn) * reach) * scale
            pen.ellipse(
                (
                    x - size * scale,
                    y - size * scale * 0.9,
                    x + size * scale,
                    y + size * scale * 0.9,
                ),
                fill=90,
            )

    canvas.fill(canvas.mask(draw), tone)


def cat_mask(canvas: Canvas, seat: Point, tall: float) -> Image.Image:
    """A sitting cat from behind: body, head, ears, and a tail that curls to one side."""
    turned = canvas.random.choice((-1, 1))
    curl = canvas.random.uniform(0.8, 1.25)

    def place(x: float, y: float) -> Point:
        return seat[0] + turned * x * tall, seat[1] - y * tall

    body = spline(
        [
            (-0.02, 0.0),
            (0.2, 0.0),
            (0.275, 0.1),
            (0.26, 0.24),
            (0.2, 0.4),
            (0.145, 0.54),
            (0.12, 0.62),
            (0.0, 0.66),
            (-0.12, 0.62),
            (-0.145, 0.54),
            (-0.2, 0.4),
            (-0.26, 0.24),
            (-0.275, 0.1),
            (-0.2, 0.0),
        ]
    )
    head = spline(
        [
            (0.0, 0.58),
            (0.12, 0.62),
            (0.165, 0.72),
            (0.12, 0.82),
            (0.0, 0.85),
            (-0.12, 0.82),
            (-0.165, 0.72),
            (-0.12, 0.62),
        ]
    )
    ears = [
        [(0.155, 0.745), (0.15, 0.97), (0.03, 0.835)],
        [(-0.155, 0.745), (-0.15, 0.97), (-0.03, 0.835)],
    ]
    tail = [
        (0.2, 0.05),
        (0.36, 0.03),
        (0.47, 0.09),
        (0.5, 0.2 * curl),
        (0.44, 0.29 * curl),
        (0.37, 0.27 * curl),
    ]

    def draw(pen: ImageDraw.ImageDraw, scale: float) -> None:
        for shape in (body, head, *ears):
            pen.polygon(
                [(x * scale, y * scale) for x, y in (place(*point) for point in shape)], fill=255
            )
        path = spline(tail, closed=False)
        for index, point in enumerate(path):
            x, y = place(*point)
            thick = tall * (0.05 - 0.02 * index / len(path)) * scale
            pen.ellipse(
                (x * scale - thick, y * scale - thick, x * scale + thick, y * scale + thick),
                fill=255,
            )

    return canvas.mask(draw)


def spline(points: Sequence[Point], *, closed: bool = True, steps: int = 14) -> list[Point]:
    """A smooth line through the points (Catmull and Rom's)."""
    around = (
        [points[-1], *points, points[0], points[1]] if closed else [points[0], *points, points[-1]]
    )
    line = []
    for a, b, c, d in zip(around, around[1:], around[2:], around[3:], strict=False):
        for index in range(steps):
            t = index / steps
            weights = (
                -t + 2 * t**2 - t**3,
                2 - 5 * t**2 + 3 * t**3,
                t + 4 * t**2 - 3 * t**3,
                -(t**2) + t**3,
            )
            x, y = (
                sum(w * p[axis] for w, p in zip(weights, (a, b, c, d), strict=True)) / 2
                for axis in (0, 1)
            )
            line.append((x, y))
    return line


def grass(canvas: Canvas, hill: Sequence[float], colour: Colour) -> None:
    """Blades along the top of the hill."""
    random = canvas.random
    step = canvas.width / (len(hill) - 1)

    def draw(pen: ImageDraw.ImageDraw, scale: float) -> None:
        for _ in range(260):
            x = random.random() * canvas.width
            y = hill[round(x / step)] + canvas.unit * 0.006
            tall = canvas.unit * random.uniform(0.008, 0.034)
            lean = random.uniform(-0.5, 0.5) * tall
            wide = canvas.unit * 0.0016
            blade = [(x - wide, y), (x + wide, y), (x + lean, y - tall)]
            pen.polygon([(px * scale, py * scale) for px, py in blade], fill=255)

    canvas.fill(canvas.mask(draw), colour)


def botanical(canvas: Canvas) -> None:
    """Stems and leaves before a paper sun."""
    random, unit = canvas.random, canvas.unit
    paper = mix(canvas.palette.light, canvas.palette.chips[5], 0.35)
    canvas.image = canvas.gradient((paper, mix(paper, canvas.palette.sky[-1], 0.5)))
    warm = random.choice(canvas.palette.chips[1:5])
    centre = canvas.width * random.uniform(0.4, 0.6), canvas.height * random.uniform(0.36, 0.46)
    canvas.disc(centre, unit * random.uniform(0.27, 0.33), mix(warm, paper, 0.3))
    canvas.disc(
        (centre[0] + unit * random.uniform(-0.3, 0.3), canvas.height * 0.72),
        unit * random.uniform(0.12, 0.18),
        mix(random.choice(canvas.palette.chips[:5]), paper, 0.45),
    )
    stems = random.choice((4, 5, 5, 6))
    greens = [canvas.palette.near, *canvas.palette.chips[:3]]
    order = list(range(stems))
    random.shuffle(order)
    for index in order:
        share = (index + 0.5) / stems
        foot = canvas.width * (0.5 + (share - 0.5) * 0.5), canvas.height * 1.02
        lean = (share - 0.5) * 1.5 + random.uniform(-0.12, 0.12)
        tall = canvas.height * random.uniform(0.52, 0.84) * (1 - abs(share - 0.5) * 0.5)
        tip = foot[0] + lean * tall * 0.55, foot[1] - tall
        bow = foot[0] + lean * unit * 0.06, foot[1] - tall * 0.55
        tone = mix(greens[index % len(greens)], paper, random.random() * 0.12)
        shape = random.choice((oval, blade_leaf, fern, berries))
        canvas.draw_smoothly(partial(stem, canvas, (foot, bow, tip), tone, paper, shape))
    canvas.texture(canvas.width // 4, canvas.height // 4, 0.055)
    canvas.texture(7, 7, 0.04)


Leaf = Callable[[ImageDraw.ImageDraw, Point, float, float, Colour, Colour], None]


def stem(
    canvas: Canvas,
    curve: tuple[Point, Point, Point],
    colour: Colour,
    paper: Colour,
    shape: Leaf,
    pen: ImageDraw.ImageDraw,
    scale: float,
) -> None:
    """One stem along a curve, its leaves on both sides and one at the tip."""
    unit = canvas.unit * scale
    points = [bezier(curve, index / 60) for index in range(61)]
    line = [(x * scale, y * scale) for x, y in points]
    pen.line(line, fill=colour, width=max(2, round(unit / 240)), joint="curve")
    pairs = canvas.random.choice((6, 7, 9)) if shape is not fern else 17
    for index in range(pairs):
        share = 0.26 + 0.7 * index / pairs
        at = round(share * 60)
        heading = math.atan2(line[at][1] - line[at - 1][1], line[at][0] - line[at - 1][0])
        size = unit * (0.15 if shape is not fern else 0.11) * (1.12 - share * 0.72)
        for side in (-1, 1):
            turn = heading + side * canvas.random.uniform(0.72, 0.95)
            shape(pen, line[min(60, at + (side > 0))], turn, size, colour, paper)
    heading = math.atan2(line[-1][1] - line[-3][1], line[-1][0] - line[-3][0])
    shape(pen, line[-1], heading, unit * 0.065, colour, paper)


def bezier(curve: tuple[Point, Point, Point], t: float) -> Point:
    """A point of the quadratic curve."""
    (ax, ay), (bx, by), (cx, cy) = curve
    one, two, three = (1 - t) ** 2, 2 * t * (1 - t), t**2
    return ax * one + bx * two + cx * three, ay * one + by * two + cy * three


def leaf(
    pen: ImageDraw.ImageDraw, at: Point, turn: float, size: float, width: float, colour: Colour
) -> None:
    """A pointed leaf of some width (a share of its length)."""
    outline = []
    for side in (1, -1):
        steps = range(17) if side == 1 else range(16, -1, -1)
        for index in steps:
            t = index / 16
            along, out = t * size, side * size * width * math.sin(math.pi * t**0.85)
            outline.append(
                (
                    at[0] + along * math.cos(turn) - out * math.sin(turn),
                    at[1] + along * math.sin(turn) + out * math.cos(turn),
                )
            )
    pen.polygon(outline, fill=colour)


def vein(pen: ImageDraw.ImageDraw, at: Point, turn: float, size: float, colour: Colour) -> None:
    """The light line in the middle of a leaf."""
    end = at[0] + math.cos(turn) * size * 0.86, at[1] + math.sin(turn) * size * 0.86
    pen.line((at, end), fill=colour, width=max(1, round(size / 60)))


def oval(
    pen: ImageDraw.ImageDraw, at: Point, turn: float, size: float, colour: Colour, paper: Colour
) -> None:
    """A broad leaf with its vein."""
    leaf(pen, at, turn, size * 0.95, 0.24, colour)
    vein(pen, at, turn, size * 0.95, mix(colour, paper, 0.55))


def blade_leaf(
    pen: ImageDraw.ImageDraw, at: Point, turn: float, size: float, colour: Colour, paper: Colour
) -> None:
    """A narrow leaf, half of it in the light."""
    leaf(pen, at, turn, size * 1.3, 0.13, colour)
    leaf(pen, at, turn + 0.05, size * 1.2, 0.05, mix(colour, paper, 0.25))


def fern(
    pen: ImageDraw.ImageDraw, at: Point, turn: float, size: float, colour: Colour, paper: Colour
) -> None:
    """One of a fern's many fingers."""
    leaf(pen, at, turn + 0.25, size, 0.1, colour)


def berries(
    pen: ImageDraw.ImageDraw, at: Point, turn: float, size: float, colour: Colour, paper: Colour
) -> None:
    """A berry on its stalk."""
    reach = size * 0.62
    end = at[0] + math.cos(turn) * reach, at[1] + math.sin(turn) * reach
    pen.line((at, end), fill=colour, width=max(2, round(size / 34)))
    radius = size * 0.17
    pen.ellipse((end[0] - radius, end[1] - radius, end[0] + radius, end[1] + radius), fill=colour)
    shine = radius * 0.3
    x, y = end[0] - radius * 0.35, end[1] - radius * 0.35
    pen.ellipse((x - shine, y - shine, x + shine, y + shine), fill=mix(colour, paper, 0.7))


def planet(canvas: Canvas) -> None:
    """A banded planet with its ring and a moon, among stars."""
    random, unit = canvas.random, canvas.unit
    deep = [mix(colour, canvas.palette.ink, 0.72) for colour in canvas.palette.chips[:3]]
    canvas.image = canvas.mesh([*deep, canvas.palette.ink], 3, 3)
    canvas.stars(620, 1.6, canvas.palette.light)
    radius = unit * random.uniform(0.22, 0.28)
    centre = canvas.width * random.uniform(0.42, 0.58), canvas.height * random.uniform(0.42, 0.56)
    tilt = random.choice((-1, 1)) * random.uniform(14, 30)
    canvas.glow(centre, radius * 2.4, canvas.palette.chips[random.randrange(1, 4)], 0.5)
    ring = ring_mask(canvas, centre, radius, tilt)
    behind, front = split_by_line(canvas, centre, tilt)
    tone = mix(canvas.palette.chips[3], canvas.palette.light, 0.3)
    canvas.fill(ImageChops.multiply(ring, behind), tone, 0.85)
    globe(canvas, centre, radius, tilt)
    canvas.fill(ImageChops.multiply(ring, front), tone, 0.92)
    angle = random.random() * math.tau
    moon = centre[0] + math.cos(angle) * radius * 1.75, centre[1] + math.sin(angle) * radius * 1.55
    globe(canvas, moon, radius * random.uniform(0.1, 0.17), tilt)
    canvas.vignette(0.3)


def globe(canvas: Canvas, centre: Point, radius: float, tilt: float) -> None:
    """A ball with bands of colour, lit from one side."""
    random = canvas.random
    side = max(8, round(radius * 2))
    bands = Image.new("RGB", (1, 26))
    bands.putdata(
        [
            mix(random.choice(canvas.palette.chips), canvas.palette.sun, random.random() * 0.4)
            for _ in range(26)
        ]
    )
    skin = bands.resize((side, side), Image.Resampling.BICUBIC)
    skin = skin.rotate(-tilt, Image.Resampling.BICUBIC, fillcolor=canvas.palette.chips[0])
    light = Image.radial_gradient("L").resize((side * 2, side * 2), Image.Resampling.BICUBIC)
    corner = round(side * 0.78), round(side * 0.72)
    dark = light.crop((*corner, corner[0] + side, corner[1] + side))
    dark = dark.point([min(235, round(max(0, value - 20) ** 1.35 / 3.4)) for value in range(256)])
    skin.paste(canvas.palette.ink, (0, 0, side, side), dark)
    outline = Image.new("L", (side * 4, side * 4))
    ImageDraw.Draw(outline).ellipse((2, 2, side * 4 - 3, side * 4 - 3), fill=255)
    at = round(centre[0] - side / 2), round(centre[1] - side / 2)
    canvas.image.paste(skin, at, outline.reduce(4))


def ring_mask(canvas: Canvas, centre: Point, radius: float, tilt: float) -> Image.Image:
    """The planet's ring: some bands of different brightness."""
    random = canvas.random
    gaps = [(1.42 + index * 0.075, random.choice((60, 130, 200, 240))) for index in range(9)]

    def draw(pen: ImageDraw.ImageDraw, scale: float) -> None:
        for share, level in reversed(gaps):
            pen.polygon(ellipse(centre, radius * (share + 0.06), tilt, scale), fill=level)
        pen.polygon(ellipse(centre, radius * 1.4, tilt, scale), fill=0)

    return canvas.mask(draw)


def ellipse(centre: Point, radius: float, tilt: float, scale: float) -> list[Point]:
    """A flat ellipse, tilted by degrees."""
    lean = math.radians(tilt)
    outline = []
    for index in range(180):
        turn = index / 180 * math.tau
        x, y = math.cos(turn) * radius, math.sin(turn) * radius * 0.26
        outline.append(
            (
                (centre[0] + x * math.cos(lean) - y * math.sin(lean)) * scale,
                (centre[1] + x * math.sin(lean) + y * math.cos(lean)) * scale,
            )
        )
    return outline


def split_by_line(canvas: Canvas, centre: Point, tilt: float) -> tuple[Image.Image, Image.Image]:
    """The masks of both sides of a tilted line through a point: above, and below."""
    lean, far = math.radians(tilt), canvas.unit * 4
    dx, dy = math.cos(lean) * far, math.sin(lean) * far
    below = canvas.polygon(
        [
            (centre[0] - dx, centre[1] - dy),
            (centre[0] + dx, centre[1] + dy),
            (centre[0] + dx - dy, centre[1] + dy + far),
            (centre[0] - dx - dy, centre[1] - dy + far),
        ]
    )
    return ImageChops.invert(below), below
