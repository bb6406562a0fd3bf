"""The questions that are listed for an article, by the language in which they are asked.

An article without translations lists questions for the readers of every language that are sent to it. A reader's question is
compared with those in its own language and in the article's only: among forty questions in eight languages every question
finds something near, and articles with many of them would push out those with few.
"""

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

from app.languages import TAGS, detect

KEPT = 256


@lru_cache(maxsize=KEPT)
def by_language(questions: tuple[str, ...], language: str) -> Mapping[str, tuple[str, ...]]:
    """The questions of an article in `language` by the site language of each, which is the article's when in doubt."""
    found: dict[str, list[str]] = defaultdict(list)
    for question in questions:
        found[detect(question, language)].append(question)
    return {tag: tuple(those) for tag, those in found.items()}


def listed_texts(questions: tuple[str, ...], language: str) -> tuple[str, ...]:
    """As texts: the questions in the article's own language; then for each of `TAGS` the same with those in that language, or ""
    where there are none in it."""
    found = by_language(questions, language)
    own = found.get(language, ())
    others = (found.get(tag, ()) if tag != language else () for tag in TAGS)
    return ("\n".join(own), *("\n".join((*own, *those)) if those else "" for those in others))
