"""``rocm-smi`` as text: a short table of all cards, or a list of fields for each."""

from __future__ import annotations

import msgspec

from mlenv.facts.pattern import lazy

_TITLE = ("ROCm System Management Interface", "End of ROCm SMI Log")
_CARD = lazy(r"GPU\[([0-9]{1,3})\]\s*")
# 0 [0x74a1 : 0x00] 35.0°C 133.0W NPS1, SPX ... with the name below (ROCm 6.0)
_WITH_MODEL = lazy(r"([0-9]{1,3})\s+\[(0x[0-9a-fA-F]{1,4}) : 0x[0-9a-fA-F]{1,4}\]\s+(\S+)\s+(\S+)\s+(\S+), (\S+)\s.*")
# 0 1 0x1586, 51259 39.0°C 13.057W N/A, N/A, 0 ... (ROCm 6.1 and newer)
_WITH_IDS = lazy(
    r"([0-9]{1,3})\s+[0-9]{1,3}\s+(0x[0-9a-fA-F]{1,4}),\s+[0-9]{1,9}\s+(\S+)\s+(\S+)\s+"
    r"([^\s,]+), ([^\s,]+), [^\s,]+\s.*"
)
# 0 33.0c 19.0W 930Mhz 350Mhz 0% auto 225.0W 0% 0% (ROCm 5 and older)
_OLD = lazy(r"([0-9]{1,3})\s+([0-9]{1,3}(?:\.[0-9]{1,3})?)c\s+(\S+)\s.*%.*")


class Tables(msgspec.Struct):
    """The fields of each card by its number, named as in the JSON form."""

    cards: dict[int, dict[str, str]]
    driver: str | None = None


def read_tables(text: str) -> Tables | None:
    """What the tables say; None where this is not rocm-smi's text."""
    if not any(title in text for title in _TITLE):
        return None
    tables = Tables(cards={})
    last: dict[str, str] | None = None
    for line in text.splitlines():
        words = line.strip()
        if words.startswith("Driver version:"):
            tables.driver = words.partition(":")[2].strip()
        elif field := _read_field(words):
            _keep(tables.cards.setdefault(field[0], {}), field[1], field[2])
        elif row := _read_row(words):
            last = tables.cards.setdefault(row[0], {})
            last.update(row[1])
        else:
            _keep_name(last, words)
            last = None
    return tables


# GPU[0]		: Unique ID: 0x8d1457e2c20f59d2
def _read_field(words: str) -> tuple[int, str, str] | None:
    """The number of a card, and a field of it with its value; what is not supported has none."""
    card, _, rest = words.partition(":")
    key, _, value = rest.partition(":")
    match = _CARD.fullmatch(card)
    return (int(match[1]), key.strip(), value.strip()) if match else None


# "Compute Partition: SPX" comes once; "sclk clock level: S: (137Mhz)" keeps what follows the level
def _keep(card: dict[str, str], key: str, value: str) -> None:
    if key.endswith(" clock level") and "(" in value:
        card.setdefault(key.replace("level", "speed"), value[value.index("(") :])
    card.setdefault(key, value)


def _read_row(words: str) -> tuple[int, dict[str, str]] | None:
    """A row of the short table: the number of the card and its fields."""
    if match := _OLD.fullmatch(words):
        return int(match[1]), _measured(match[2], match[3])
    match = _WITH_MODEL.fullmatch(words) or _WITH_IDS.fullmatch(words)
    if match is None:
        return None
    fields = {"Device ID": match[2], "Memory Partition": match[5], "Compute Partition": match[6]}
    return int(match[1]), {**fields, **_measured(match[3], match[4])}


def _measured(temperature: str, power: str) -> dict[str, str]:
    return {"Temperature (Sensor junction) (C)": temperature, "Current Socket Graphics Package Power (W)": power}


def _keep_name(card: dict[str, str] | None, words: str) -> None:
    """The line under a row is the card's name, cut to 20 characters."""
    if card is not None and words and not words.startswith("="):
        card.setdefault("Card Series", words)
