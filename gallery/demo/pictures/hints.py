"""Which family and palette suit a prompt: its words, in Russian or English, else its hash."""

import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from random import Random
from typing import TypeVar

from gallery.demo.pictures.abstracts import flow, mosaic, orbs, papercut, terrazzo, weave
from gallery.demo.pictures.landscapes import dunes, forest, mountains, northern_lights, sea
from gallery.demo.pictures.painter import Canvas
from gallery.demo.pictures.places import botanical, cat, city, planet

Family = Callable[[Canvas], None]
Hint = TypeVar("Hint")

DAY = ("dawn", "dusk", "sea", "lagoon", "winter", "lavender", "desert", "ginger")
BOLD = ("poster", "riso", "mint", "autumn", "sakura", "lagoon", "lavender", "dusk", "moss", "sea")

FAMILIES: Mapping[Family, Sequence[str]] = {
    mountains: (*DAY, "sakura", "ember", "night", "forest"),
    dunes: ("desert", "ginger", "dawn", "dusk", "autumn", "lavender"),
    sea: ("sea", "dusk", "lagoon", "ember", "dawn", "lavender", "night"),
    forest: ("forest", "moss", "winter", "night", "autumn", "dusk", "dawn"),
    northern_lights: ("aurora", "aurora", "night"),
    city: ("night", "dusk", "ember", "lavender", "dawn"),
    cat: ("ginger", "dusk", "night", "ember", "lavender"),
    botanical: ("moss", "sakura", "forest", "autumn", "mint", "poster", "lavender"),
    planet: ("night", "ember", "aurora", "dusk", "lavender"),
    orbs: BOLD,
    flow: (*BOLD, "night", "ember", "aurora"),
    papercut: (*BOLD, "ember", "ginger", "night", "winter"),
    terrazzo: BOLD,
    weave: BOLD,
    mosaic: BOLD,
}
"""The palettes that become each family. One that a prompt's words ask for may be another."""

FAMILY_WORDS: Mapping[Family, str] = {
    sea: "sea ocean wave* beach ship boat sail* yacht coast море моря морск* морем океан* волн* "
    "пляж* корабл* лодк* парус* яхт* маяк* lighthouse* берег*",
    forest: "forest* wood woods tree* pine* fir firs лес леса лесу лесн* дерев* сосн* ель ели елк* "
    "тайг* чащ*",
    city: "city cities town* street* skyline building* tower* cyberpunk* neon город* улиц* "
    "небоскреб* здани* башн* неон* киберпанк* москв* петербург*",
    mountains: "mountain* hill* alps peak* valley* гор гора горы горн* горах холм* альп* вершин* "
    "долин* пейзаж* landscape*",
    dunes: "desert* dune* sand sahara camel* пустын* дюн* бархан* песок песк* верблюд*",
    northern_lights: "aurora* polar north arctic сияни* полярн* север* арктик* iceland* исланди*",
    cat: "cat cats kitten* кот коты кота котом коте кошк* кошач* котен* котик* котят*",
    botanical: "flower* leaf leaves plant* garden* botanic* rose roses bouquet* herb* цвет цветы "
    "цветок* цветк* лист листья растен* сад сада саду букет* роза розы ботанич* трав* ваз*",
    planet: "planet* space cosmos cosmic galax* star stars astronaut* rocket* космос* космич* "
    "планет* звезд* галактик* астронавт* космонавт* ракет* сатурн*",
    orbs: "sphere* ball balls bubble* orb orbs 3d glass balloon* шар шары шарик* сфер* пузыр* "
    "стекл*",
    flow: "wind flow* hair music dance* abstract* ветер* ветра поток* волос* музык* танец* танц* "
    "абстракт* абстракц*",
    papercut: "paper* layer* cave* canyon* origami бумаг* бумаж* пещер* каньон* оригами слои",
    terrazzo: "stone* marble* terrazzo pebble* камень камн* мрамор* галька терраццо",
    weave: "fabric* textile* wool* carpet* knit* basket* ткань ткан* шерст* ковер ковр* вязан* "
    "корзин*",
    mosaic: "mosaic* geometr* tile* pattern* bauhaus logo* мозаик* геометр* плитк* узор* баухаус* "
    "логотип* орнамент*",
}

PALETTE_WORDS: Mapping[str, str] = {
    "night": "night* midnight moon* dark* stars ночь ночн* ночи ночью полноч* лун* темн* звезд*",
    "ginger": "ginger* orange* fox foxes рыж* оранжев* лис лиса лисы лисиц* апельсин* мандарин*",
    "winter": "winter* snow* ice icy frost* зим* снег* снеж* лед льда ледян* мороз* иней новогод*",
    "autumn": "autumn* fall october осен* листопад* октябр*",
    "sakura": "spring* sakura cherry pink rose blossom* весн* сакур* вишн* розов* цветен*",
    "ember": "fire* lava* flame* red volcano* dragon* огонь огн* лава лавы лавой плам* красн* "
    "вулкан* дракон* костер*",
    "dusk": "sunset* evening* dusk twilight закат* вечер* сумер* сумрак*",
    "dawn": "sunrise* morning* dawn рассвет* утро утр* восход* заря зари",
    "lavender": "lavender purple violet lilac лаванд* фиолет* лилов* сирен* пурпур*",
    "forest": "green* emerald зелен* изумруд*",
    "lagoon": "turquoise tropic* lagoon* island* palm palms бирюз* тропи* лагун* остров* пальм*",
    "sea": "blue azure sky голуб* синий синяя синее синего синих лазур* небо неба",
    "desert": "desert* sand* egypt* пустын* песо* песк* египет*",
    "aurora": "aurora* сияни* полярн*",
    "mint": "mint* pastel* мята мятн* пастел*",
    "poster": "retro vintage poster* ретро винтаж* постер* плакат* афиш*",
}


def _patterns(hints: Mapping[Hint, str]) -> dict[Hint, re.Pattern[str]]:
    """Each hint's words as one pattern; a word that ends in * stands for all that begin so."""
    return {
        hint: re.compile("|".join(words.replace("*", r"\w*").split()))
        for hint, words in hints.items()
    }


FAMILY_PATTERNS = _patterns(FAMILY_WORDS)
PALETTE_PATTERNS = _patterns(PALETTE_WORDS)


def choose(prompt: str) -> tuple[Family, str]:
    """The family and the palette's name for a prompt; its words decide, then its hash."""
    words = re.findall(r"\w+", prompt.lower().replace("ё", "е"))
    luck = Random(sha256(prompt.encode("utf-8", "surrogatepass")).digest())  # noqa: S311
    family = _first_hint(words, FAMILY_PATTERNS) or luck.choice(list(FAMILIES))
    palette = _first_hint(words, PALETTE_PATTERNS) or luck.choice(FAMILIES[family])
    return family, palette


def _first_hint(words: Sequence[str], hints: Mapping[Hint, re.Pattern[str]]) -> Hint | None:
    """The hint that the earliest word gives."""
    return next(
        (hint for word in words for hint, pattern in hints.items() if pattern.fullmatch(word)), None
    )
