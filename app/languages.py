"""The site's languages: tags, names, direction, who falls back to whom, and which one a text is in.

Tags are BCP 47 (`en`, `pt-BR`, `zh-Hans`). A text's language is looked for among the site's
languages only: that restriction matters more than the detector.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from babel.core import negotiate_locale

from app.detection.detector import detector
from app.errors import NotFound

Direction = Literal["ltr", "rtl"]


@dataclass(frozen=True, slots=True)
class SiteLanguage:
    """One language of the site. `autonym` is its name in itself, `gettext` its locale folder."""

    tag: str
    autonym: str
    english_name: str
    direction: Direction
    gettext: str
    falls_back_to: tuple[str, ...] = ("en",)


SITE_LANGUAGES = (
    SiteLanguage("en", "English", "English", "ltr", "en", ()),
    SiteLanguage("es", "Español", "Spanish", "ltr", "es"),
    SiteLanguage("de", "Deutsch", "German", "ltr", "de"),
    SiteLanguage("fr", "Français", "French", "ltr", "fr"),
    SiteLanguage("ja", "日本語", "Japanese", "ltr", "ja"),
    SiteLanguage("zh-Hans", "简体中文", "Chinese, simplified", "ltr", "zh_Hans"),
    SiteLanguage("ar", "العربية", "Arabic", "rtl", "ar"),
    SiteLanguage("pt-BR", "Português (Brasil)", "Portuguese, Brazil", "ltr", "pt_BR", ("es", "en")),
)
TAGS = tuple(language.tag for language in SITE_LANGUAGES)
DEFAULT = "en"

_BY_TAG = {language.tag: language for language in SITE_LANGUAGES}
_ALIASES = {"pt": "pt-BR", "zh": "zh-Hans", "zh-cn": "zh-Hans", "zh-sg": "zh-Hans", "zh-my": "zh-Hans"}
_LOWER = {tag.lower(): tag for tag in TAGS}
# What the detector calls our languages; a new one needs `scripts/training/detector.py`.
DETECTED = {
    "en": "en",
    "es": "es",
    "de": "de",
    "fr": "fr",
    "ja": "ja",
    "zh": "zh-Hans",
    "ar": "ar",
    "pt": "pt-BR",
}
# A short text must lean this far away from the page's language before we believe it (log-odds of the detector).
SWITCH_MARGIN = 6.0
_WORD = re.compile(r"[^\W\d_]+")


def site_language(tag: str) -> SiteLanguage:
    """The language with exactly this tag; `NotFound` otherwise."""
    try:
        return _BY_TAG[tag]
    except KeyError:
        raise NotFound from None


def normalize(text: str) -> str | None:
    """The site's tag for a tag as people write it (`EN`, `pt_PT`, `zh-CN`), or None."""
    tag = text.strip().replace("_", "-").lower()
    while tag:
        if found := _LOWER.get(tag) or _ALIASES.get(tag):
            return found
        tag = tag.rpartition("-")[0]
    return None


def direction(tag: str) -> Direction:
    """`rtl` for right-to-left languages of the site, else `ltr`."""
    return _BY_TAG[tag].direction if tag in _BY_TAG else "ltr"


def fallback_chain(tag: str) -> tuple[str, ...]:
    """The languages to try for a reader of `tag`, best first; it starts with `tag` and ends with English."""
    return (tag, *_BY_TAG[tag].falls_back_to) if tag in _BY_TAG else (DEFAULT,)


def negotiate(accept_language: str) -> str:
    """The site language that an Accept-Language header prefers (RFC 9110 §12.5.4); English if none."""
    wanted = sorted(_weighted(accept_language[:500]), key=lambda pair: -pair[0])
    tags = [found for _, tag in wanted if (found := normalize(tag))]
    return negotiate_locale(tags, TAGS, sep="-") or DEFAULT


def detect(text: str, prior: str | None) -> str:
    """The site language that `text` is most likely in; `prior` (the page's language) wins when in doubt."""
    if by_script := _language_of_script(text, prior):
        return by_script
    words = _WORD.findall(text)
    if not words:
        return prior or DEFAULT
    ranked = {DETECTED[name]: score for name, score in detector().scores(text.casefold()).items()}
    latin = {tag: score for tag, score in ranked.items() if tag not in ("ja", "zh-Hans", "ar")}
    best = max(latin, key=lambda tag: latin[tag])
    if prior in latin and latin[best] - latin[prior] < SWITCH_MARGIN:
        return prior
    return best


def _weighted(header: str) -> list[tuple[float, str]]:
    pairs = []
    for part in header.split(","):
        tag, _, parameter = part.partition(";")
        weight = parameter.strip().removeprefix("q=")
        try:
            pairs.append((float(weight) if weight else 1.0, tag.strip()))
        except ValueError:
            continue
    return [pair for pair in pairs if pair[0] > 0 and pair[1]]


def _language_of_script(text: str, prior: str | None) -> str | None:
    """Japanese, Chinese and Arabic give themselves away by their letters, however short the text."""
    if text.isascii():
        return None
    counts = {"kana": 0, "han": 0, "arabic": 0, "other": 0}
    for character in text:
        counts[_script(character)] += 1 if character.isalpha() else 0
    # A Latin product name inside a Japanese question has many letters; one han or kana says as much as three.
    if 3 * (counts["kana"] + counts["han"]) > counts["other"] + counts["arabic"]:
        if counts["kana"]:
            return "ja"
        return prior if prior == "ja" and counts["han"] < 4 else "zh-Hans"
    return "ar" if 2 * counts["arabic"] > counts["other"] else None


@lru_cache(maxsize=8192)
def _script(character: str) -> str:
    name = unicodedata.name(character, "")
    if name.startswith(("HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA")):
        return "kana"
    if name.startswith("CJK"):
        return "han"
    return "arabic" if name.startswith("ARABIC") else "other"
