"""Prompts as people write them: common words and rare ones, English, Russian, some Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

ENGLISH = (
    "a cat|an old lighthouse|a red fox|a wooden boat|a glass tower|an astronaut|a violinist|"
    "a tram|a market stall|a snow owl|a bridge|a greenhouse|a paper dragon|a fisherman|a robot|"
    "an empty theatre|a chess player|a copper kettle|a mountain hut|a lantern keeper|a bicycle",
    "in the fog|on a red roof|at dawn|by the sea|under heavy rain|in deep snow|at the harbour|"
    "among birches|in a narrow street|beside a frozen lake|on the night train|in golden light|"
    "over the old town|between tall books|in a quiet kitchen|far above the clouds",
    "misty|calm|violet|weathered|luminous|ornate|minimal|dusty|stormy|tender|solemn|playful|amber|"
    "emerald|crooked|silent|windswept|gilded|sleepless|faded|radiant|brittle|velvet|northern",
)
RUSSIAN = (
    "кот|старый маяк|рыжая лиса|деревянная лодка|ёлка|скрипач|трамвай|белая сова|мост|оранжерея|"
    "бумажный дракон|рыбак|пустой театр|медный чайник|горный приют|полёт журавля|ёж|самолёт|"
    "деревенский дом|водопад|гончар|звездочёт|книжная лавка|паровоз",
    "в тумане|на красной крыше|на рассвете|у моря|под дождём|в глубоком снегу|в порту|среди берёз|"
    "на узкой улице|у замёрзшего озера|в ночном поезде|в золотом свете|над старым городом|"
    "между книг|на тихой кухне|высоко над облаками|за тёплым окном",
    "туманный|спокойный|лиловый|светлый|узорчатый|пыльный|грозовой|нежный|весёлый|янтарный|зелёный|"
    "кривой|тихий|ветреный|позолоченный|бессонный|выцветший|бархатный|северный|жёлтый|далёкий",
)
CHINESE = (
    "红色的灯笼|山中小屋|雨夜的街道|白猫|古老的桥",
    "在雾中|在雪地里|在黎明时分",
    "宁静|明亮",
)
# The fashions of two years: what was asked for at first, later, and of late.
FASHIONS = ("daguerreotype", "isometric", "tilt-shift", "risograph", "claymation")
FINISH = ("film grain", "35mm", "soft light", "wide angle", "studio light", "watercolour", "oil")
SYLLABLES = "ra vi mon tel ka sho ner li bo du en zar mi lo pa que fi gor ta sen"
SLOGS = "ра ви мон тел ка шо нер ли бо ду ен зар ми ло па кве фи гор та сен"


class Writer:
    """Writes one prompt after the other; the same dice give the same ones."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice

    def prompt(self, age: float) -> str:
        """One text; `age` goes from 0, the first of all, to 1, the last."""
        place = self._dice.random()
        if place < 0.03:
            subject, where, kind = CHINESE
        else:
            subject, where, kind = RUSSIAN if place < 0.5 else ENGLISH
        parts = [f"{self._one(kind)} {self._one(subject)} {self._one(where)}"]
        parts += [f"{self._one(kind)} {self._one(subject)}" for _ in range(self._dice.randrange(5))]
        if self._dice.random() < 0.3:
            parts.append(self._name(SLOGS if subject is RUSSIAN[0] else SYLLABLES))
        if self._dice.random() < 0.4:
            parts.append(FASHIONS[min(int(age * len(FASHIONS)), len(FASHIONS) - 1)])
        if self._dice.random() < 0.95:
            parts.append("photo")
        parts += self._dice.sample(FINISH, k=self._dice.randrange(4))
        text = ", ".join(parts)
        return text[0].upper() + text[1:]

    def _one(self, words: str) -> str:
        return self._dice.choice(words.split("|"))

    def _name(self, syllables: str) -> str:
        """A name that hardly any other prompt has."""
        return "".join(self._dice.choices(syllables.split(), k=self._dice.randrange(3, 5)))
