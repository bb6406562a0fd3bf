"""How good an encoder is on documents it was never trained on: a heading asks, the section under it should come first.

The heading is not part of the passage. Mean reciprocal rank at 10 among all held-out sections of one language.
"""

from collections.abc import Callable

import numpy as np
from corpus import Corpus, Flat

LANGUAGES = ("en", "es", "de", "fr", "ja", "zh", "ar", "pt", "ru", "nl", "it", "ko")
LEAST = 30  # fewer questions say nothing

Encode = Callable[[Flat, np.ndarray], np.ndarray]


def measure(corpus: Corpus, encode: Encode) -> dict[str, object]:
    """Per language: within the language, and from it to the English sections."""
    held_out = np.flatnonzero(corpus.is_useful & corpus.is_held_out)
    english = held_out[corpus.section_language[held_out] == corpus.names.index("en")]
    english_bodies = encode(corpus.bodies, english)
    place = {corpus.parallel[number]: at for at, number in enumerate(english)}
    within: dict[str, float] = {}
    to_english: dict[str, float] = {}
    for name in LANGUAGES:
        mine = held_out[corpus.section_language[held_out] == corpus.names.index(name)]
        if len(mine) < LEAST:
            continue
        asked = encode(corpus.headings, mine)
        within[name] = reciprocal_rank(asked, encode(corpus.bodies, mine), np.arange(len(mine)))
        shared = [at for at, number in enumerate(mine) if corpus.parallel[number] in place]
        if name != "en" and shared:
            right = np.array([place[corpus.parallel[mine[at]]] for at in shared])
            to_english[name] = reciprocal_rank(asked[shared], english_bodies, right)
    return {
        "same language": round(float(np.mean(list(within.values()))), 3),
        "to English": round(float(np.mean(list(to_english.values()))), 3),
        "per language": {
            name: [round(value, 3), round(to_english.get(name, value), 3)] for name, value in within.items()
        },
    }


def reciprocal_rank(asked: np.ndarray, passages: np.ndarray, right: np.ndarray) -> float:
    scores = asked @ passages.T
    better = (scores > scores[np.arange(len(right)), right][:, None]).sum(1)
    return float(np.mean(np.where(better < 10, 1 / (better + 1), 0)))
