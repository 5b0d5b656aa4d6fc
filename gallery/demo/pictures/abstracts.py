"""Pictures of nothing in particular: form, colour and rhythm."""

import math
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageDraw

from gallery.demo.pictures.painter import Canvas, Point, blend, mix
from gallery.demo.pictures.palettes import Colour

WHITE = (255, 255, 255)


def orbs(canvas: Canvas) -> None:
    """Soft spheres afloat in a melting ground."""
    random, unit = canvas.random, canvas.unit
    ground = [mix(colour, canvas.palette.light, 0.25) for colour in canvas.palette.chips]
    canvas.image = canvas.mesh([*ground, canvas.palette.light], 3, 3)
    placed: list[tuple[Point, float]] = []
    for wanted in (0.25, 0.16, 0.12, 0.09, 0.06, 0.045, 0.03):
        radius = unit * wanted * random.uniform(0.85, 1.12)
        for _ in range(40):
            x = random.uniform(0.08, 0.92) * canvas.width
            y = random.uniform(0.08, 0.92) * canvas.height
            if all(math.dist((x, y), at) > radius * 0.9 + other for at, other in placed):
                placed.append(((x, y), radius))
                break
    for index, (centre, radius) in enumerate(reversed(placed)):
        colour = canvas.palette.chips[index % (len(canvas.palette.chips) - 1)]
        sphere(canvas, centre, radius, colour)
    canvas.vignette(0.12)


def sphere(canvas: Canvas, centre: Point, radius: float, colour: Colour) -> None:
    """A matt ball lit from above left, and its shadow."""
    ink = mix(canvas.palette.ink, colour, 0.25)
    canvas.glow((centre[0] + radius * 0.35, centre[1] + radius * 0.55), radius * 1.75, ink, 0.5)
    side = max(8, round(radius * 2))
    dark, bright = mix(colour, ink, 0.68), mix(colour, WHITE, 0.72)
    light = Image.radial_gradient("L").resize((side * 2, side * 2), Image.Resampling.BICUBIC)
    left, top = round(side * 0.68), round(side * 0.72)
    light = light.crop((left, top, left + side, top + side))
    tones = [
        blend((bright, colour, mix(colour, dark, 0.5), dark), value / 150) for value in range(256)
    ]
    shaded = Image.merge("RGB", [light.point([tone[band] for tone in tones]) for band in range(3)])
    outline = Image.new("L", (side * 4, side * 4))
    ImageDraw.Draw(outline).ellipse((2, 2, side * 4 - 3, side * 4 - 3), fill=255)
    corner = round(centre[0] - side / 2), round(centre[1] - side / 2)
    canvas.image.paste(shaded, corner, outline.reduce(4))


def flow(canvas: Canvas) -> None:
    """Threads that follow a current nobody sees."""
    random = canvas.random
    dark = canvas.palette.is_dark or random.random() < 0.45
    ground = canvas.palette.ink if dark else canvas.palette.light
    canvas.image = canvas.gradient(
        (mix(ground, canvas.palette.near, 0.25 if dark else 0.04), ground)
    )
    turns = [
        (random.uniform(0.6, 1.7), random.uniform(0.6, 1.7), random.random() * math.tau)
        for _ in range(3)
    ]
    lean = random.random() * math.tau
    colours = [colour for colour in canvas.palette.chips if dark or colour != canvas.palette.light]
    order = random.sample(colours[:5], 4)

    def angle(x: float, y: float) -> float:
        along, across = x / canvas.unit, y / canvas.unit
        return lean + 1.25 * sum(
            math.sin(along * a * 2 + phase) * math.cos(across * b * 2 - phase)
            for a, b, phase in turns
        )

    def draw(pen: ImageDraw.ImageDraw, scale: float) -> None:
        step = canvas.unit / 44
        for _ in range(620):
            x, y = random.random() * canvas.width, random.random() * canvas.height
            share = (x / canvas.width + y / canvas.height) / 2 + random.gauss(0, 0.1)
            tone = mix(blend(order, share), ground, random.random() ** 2 * 0.5)
            points = []
            for _ in range(random.randint(8, 30)):
                points.append((x * scale, y * scale))
                direction = angle(x, y)
                x += math.cos(direction) * step
                y += math.sin(direction) * step
            width = max(
                1, round(canvas.unit / 1000 * random.choice((2, 2, 3, 4, 6, 9)) * scale / 2)
            )
            thread(pen, points, tone, width)

    canvas.draw_smoothly(draw)
    canvas.vignette(0.12)


def thread(pen: ImageDraw.ImageDraw, points: Sequence[Point], colour: Colour, width: int) -> None:
    """A line with round joints and ends."""
    pen.line(points, fill=colour, width=width, joint="curve")
    for x, y in (points[0], points[-1]):
        pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=colour)


def papercut(canvas: Canvas) -> None:
    """Sheets of paper, each with a hole, laid over each other."""
    random, unit = canvas.random, canvas.unit
    first, second, third = random.sample(canvas.palette.chips[:5], 3)
    ramp = (
        mix(third, canvas.palette.light, 0.35),
        third,
        second,
        first,
        mix(first, (0, 0, 0), 0.35),
    )
    layers = 7
    centre = canvas.width * random.uniform(0.4, 0.6), canvas.height * random.uniform(0.4, 0.6)
    canvas.image = canvas.gradient((ramp[0], mix(ramp[0], canvas.palette.light, 0.5)))
    sun = unit * random.uniform(0.06, 0.09)
    canvas.disc((centre[0] + unit * 0.02, centre[1] - unit * 0.02), sun, canvas.palette.sun)
    waves_of = [
        (n, random.random() * math.tau, random.uniform(0.3, 1) / n) for n in (2, 3, 4, 5, 7)
    ]
    for layer in range(layers):
        share = (layer + 1) / layers
        drift = layer * 0.22
        hole = []
        for index in range(240):
            turn = index / 240 * math.tau
            bend = sum(w * math.sin(n * turn + phase + drift * n / 2) for n, phase, w in waves_of)
            reach = (0.14 + 0.42 * share) * (1 + 0.24 * bend)
            hole.append(
                (
                    centre[0] + math.cos(turn) * reach * canvas.width * 0.98,
                    centre[1] + math.sin(turn) * reach * canvas.height * 0.98,
                )
            )
        sheet = ImageChops.invert(canvas.polygon(hole))
        canvas.shade(sheet, (unit * 0.006, unit * 0.014), unit * 0.014, 0.55)
        tone = blend(ramp, share)
        canvas.fill(sheet, canvas.gradient((mix(tone, WHITE, 0.1), mix(tone, (0, 0, 0), 0.1))))
    canvas.texture(canvas.width // 5, canvas.height // 5, 0.055)


def terrazzo(canvas: Canvas) -> None:
    """Chips of stone in a polished floor."""
    random, unit = canvas.random, canvas.unit
    ground = mix(canvas.palette.light, canvas.palette.chips[5], 0.4)
    canvas.image = Image.new("RGB", canvas.size, ground)
    canvas.texture(9, 9, 0.05)
    colours = [*canvas.palette.chips[:5], canvas.palette.near]
    chips: list[tuple[float, float, float]] = []
    for size, tries in ((0.085, 60), (0.055, 130), (0.034, 260), (0.018, 420), (0.009, 500)):
        for _ in range(tries):
            x, y = (
                random.uniform(-0.03, 1.03) * canvas.width,
                random.uniform(-0.03, 1.03) * canvas.height,
            )
            radius = unit * size * random.uniform(0.7, 1.15)
            if all((x - a) ** 2 + (y - b) ** 2 > (radius + c) ** 2 * 1.08 for a, b, c in chips):
                chips.append((x, y, radius))

    def draw(pen: ImageDraw.ImageDraw, scale: float) -> None:
        for x, y, radius in chips:
            tone = mix(random.choice(colours), ground, random.random() * 0.22)
            outline = [(px * scale, py * scale) for px, py in pebble(canvas, (x, y), radius)]
            pen.polygon(outline, fill=tone)

    canvas.draw_smoothly(draw)
    canvas.texture(canvas.width // 3, canvas.height // 3, 0.06)


def pebble(canvas: Canvas, centre: Point, radius: float) -> list[Point]:
    """A broken stone: a few corners, some of them blunt."""
    random = canvas.random
    corners = random.randint(5, 8)
    squeeze, tilt = random.uniform(0.6, 1), random.random() * math.tau
    points = []
    for index in range(corners):
        turn = (index + random.uniform(-0.32, 0.32)) / corners * math.tau
        reach = radius * random.uniform(0.8, 1.05)
        x, y = math.cos(turn) * reach, math.sin(turn) * reach * squeeze
        points.append(
            (
                centre[0] + x * math.cos(tilt) - y * math.sin(tilt),
                centre[1] + x * math.sin(tilt) + y * math.cos(tilt),
            )
        )
    return blunted(points)


def blunted(points: Sequence[Point], share: float = 0.2) -> list[Point]:
    """The polygon with its corners cut, twice: nearly round."""
    for _ in range(2):
        cut = []
        for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]], strict=True):
            cut += [
                (ax + (bx - ax) * share, ay + (by - ay) * share),
                (bx + (ax - bx) * share, by + (ay - by) * share),
            ]
        points = cut
    return list(points)


def weave(canvas: Canvas) -> None:
    """Ribbons over and under each other."""
    random, unit = canvas.random, canvas.unit
    cell = round(unit / random.choice((9, 12, 15)))
    columns, rows = -(-canvas.width // cell) + 1, -(-canvas.height // cell) + 1
    canvas.image = Image.new("RGB", canvas.size, mix(canvas.palette.ink, canvas.palette.near, 0.4))
    one, two, three, four = random.sample(canvas.palette.chips, 4)
    across = [(one, one, two)[index % 3] for index in range(rows)]
    down = [(three, three, three, four)[index % 4] for index in range(columns)]
    shift = (cell * columns - canvas.width) // 2, (cell * rows - canvas.height) // 2
    flat = ribbon(canvas, cell)
    upright = flat.transpose(Image.Transpose.ROTATE_90)
    level = {colour: dye(flat, colour, canvas.palette.ink) for colour in {one, two}}
    plumb = {colour: dye(upright, colour, canvas.palette.ink) for colour in {three, four}}
    for row in range(rows):
        for column in range(columns):
            over = (row + column) % 2 == 0
            tile = level[across[row]] if over else plumb[down[column]]
            canvas.image.paste(tile, (column * cell - shift[0], row * cell - shift[1]))
    canvas.texture(canvas.width // 2, 24, 0.05)
    canvas.vignette(0.25)


def dye(greys: Image.Image, colour: Colour, ink: Colour) -> Image.Image:
    """A grey picture in a colour, from ink to its lightest tint."""
    tones = [blend((ink, colour, mix(colour, WHITE, 0.45)), value / 255) for value in range(256)]
    return Image.merge("RGB", [greys.point([tone[band] for tone in tones]) for band in range(3)])


def ribbon(canvas: Canvas, cell: int) -> Image.Image:
    """One visible piece of a level ribbon in greys: threads, an arch of light, dark ends."""
    random = canvas.random
    threads = [random.uniform(-12, 12) for _ in range(cell)]
    gap = max(1, cell // 22)
    levels = bytearray()
    for y in range(cell):
        edge = min(1.0, min(y, cell - 1 - y) / gap / 1.6)
        for x in range(cell):
            arch = math.sin(math.pi * (x + 0.5) / cell) ** 0.55
            level = (36 + 122 * arch + threads[y]) * (0.25 + 0.75 * edge)
            levels.append(max(0, min(255, round(level))))
    return Image.frombytes("L", (cell, cell), bytes(levels))


def mosaic(canvas: Canvas) -> None:
    """Tiles of quarter circles, half circles and leaves."""
    random, unit = canvas.random, canvas.unit
    cell = unit / random.choice((5, 6, 7))
    columns = max(3, round(canvas.width / cell))
    rows = max(3, round(canvas.height / cell))
    wide, tall = canvas.width / columns, canvas.height / rows
    colours = [*canvas.palette.chips, canvas.palette.light]

    def draw(pen: ImageDraw.ImageDraw, scale: float) -> None:
        for row in range(rows):
            for column in range(columns):
                x, y = column * wide * scale, row * tall * scale
                box = x, y, x + wide * scale, y + tall * scale
                ground, figure, dot = random.sample(colours, 3)
                pen.rectangle(box, fill=ground)
                random.choice(TILES)(pen, box, figure, dot, random.randrange(4))

    canvas.draw_smoothly(draw)
    canvas.texture(canvas.width // 4, canvas.height // 4, 0.06)


Box = tuple[float, float, float, float]


def quarter(pen: ImageDraw.ImageDraw, box: Box, colour: Colour, dot: Colour, turn: int) -> None:
    """A quarter circle from one corner, with a smaller one within."""
    left, top, right, bottom = box
    x, y = ((left, top), (right, top), (right, bottom), (left, bottom))[turn]
    for share, tone in ((1.0, colour), (0.5, dot)):
        wide, tall = (right - left) * share, (bottom - top) * share
        start = turn * 90
        pen.pieslice((x - wide, y - tall, x + wide, y + tall), start, start + 90, fill=tone)


def round_tile(pen: ImageDraw.ImageDraw, box: Box, colour: Colour, dot: Colour, turn: int) -> None:
    """A circle; every other one is a ring."""
    left, top, right, bottom = box
    wide, tall = (right - left) / 2, (bottom - top) / 2
    for share, tone in ((0.92, colour), (0.4, dot))[: 1 + turn % 2]:
        pen.ellipse(
            (
                left + wide * (1 - share),
                top + tall * (1 - share),
                right - wide * (1 - share),
                bottom - tall * (1 - share),
            ),
            fill=tone,
        )


def leaf_tile(pen: ImageDraw.ImageDraw, box: Box, colour: Colour, dot: Colour, turn: int) -> None:
    """Two quarter circles that meet in a leaf."""
    left, top, right, bottom = box
    wide, tall = right - left, bottom - top
    steps = [index / 24 * math.pi / 2 for index in range(25)]
    one = [(math.sin(step), 1 - math.cos(step)) for step in steps]
    other = [(1 - math.sin(step), math.cos(step)) for step in steps]
    shape = [(1 - x if turn % 2 else x, y) for x, y in (*one, *other)]
    pen.polygon([(left + x * wide, top + y * tall) for x, y in shape], fill=colour)


def half_tile(pen: ImageDraw.ImageDraw, box: Box, colour: Colour, dot: Colour, turn: int) -> None:
    """Two half circles, one behind the other."""
    left, top, right, bottom = box
    wide, tall = right - left, bottom - top
    if turn % 2:
        for offset, tone in ((0.0, colour), (0.5, dot)):
            edge = top + tall * offset
            pen.pieslice((left, edge, right, edge + tall), 180, 360, fill=tone)
    else:
        for offset, tone in ((0.0, colour), (0.5, dot)):
            edge = left + wide * offset
            pen.pieslice((edge, top, edge + wide, bottom), 90, 270, fill=tone)


TILES = (quarter, quarter, leaf_tile, round_tile, half_tile)
