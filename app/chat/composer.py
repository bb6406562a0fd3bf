"""Composes answers. The extractive composer quotes the best passages and can invent nothing.

What a visitor writes chooses among passages and is never obeyed: "ignore the rules" finds an article or it does not.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.articles.article import Passage
from app.chat.answer import Answer, write_answer
from app.chat.conversation import Citation
from app.chat.quotation import Asked, continues, cut, fitting_stretch, has_list, has_steps, longest_quote
from app.languages import site_language
from app.search.hit import Hit
from app.wording import Wording

# A second article is quoted only if it scores nearly as high as the first and speaks of what that one leaves out.
SECOND_SCORE = 0.85
SECOND_ADDS = 0.25
# What stands before the steps of an article, when its top was found and the steps stand further down.
LONGEST_LEAD = 300
_GUIDES = ("tutorial", "troubleshooting")


def _alike(_word: str, _language: str) -> float:
    return 1.0


@dataclass(frozen=True, slots=True)
class Brief:
    """What an answer is to be made of: the question, the language to answer in, and what was found, best first.

    `is_sure` False asks for an answer that says that it may not be what was meant. `passages_of` gives all passages
    of a hit's article, in order; nothing else may be quoted. `weigh` tells how rare a word is in a language's articles;
    `others` are the tokens of the glossary's other words for what is asked.
    """

    question: str
    language: str
    hits: Sequence[Hit]
    is_sure: bool
    passages_of: Callable[[Hit], Sequence[Passage]]
    weigh: Callable[[str, str], float] = _alike
    others: Sequence[str] = ()

    def asked(self, hit: Hit) -> Asked:
        """The question's words as they are looked for in a hit's language."""
        return Asked(self.question, hit.language, lambda word: self.weigh(word, hit.language), self.others)


class Composer(Protocol):
    """Anything that makes an answer of a brief. Whatever it raises hands the visitor to a person."""

    def compose(self, brief: Brief) -> Answer:
        """The answer, resting on at least one passage of the brief."""
        ...


class ExtractiveComposer:
    """Quotes the fitting steps or sentences of the best passage, at most two passages."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording

    def compose(self, brief: Brief) -> Answer:
        """The best passage's fitting stretch; a second one where the steps go on, stand apart, or another article adds."""
        quotes = list(_of_one_article(brief, brief.hits[0]))
        if len(quotes) == 1 and (second := _adding(brief, quotes[0])):
            quotes.append(second)
        citations = [
            _citation(number, hit, anchor, quote) for number, (hit, anchor, quote) in enumerate(quotes, 1)
        ]
        before, after = self._own_words(brief, citations)
        return write_answer(citations, brief.language, before=before, after=after)

    def _own_words(self, brief: Brief, citations: Sequence[Citation]) -> tuple[list[str], list[str]]:
        say, language = self._wording.text, brief.language
        before, after = [], []
        if not brief.is_sure:
            before.append(say(language, "I am not sure that this is what you mean, but it may help:"))
            after.append(say(language, "If it does not help, tell me so and I will bring in a person."))
        for foreign in dict.fromkeys(c.language for c in citations if c.language != language):
            before.append(
                say(
                    language,
                    "There is no article in your language about this yet. Language of the quotation: {language}.",
                    language=self._name(foreign, language),
                )
            )
        if any(citation.is_stale for citation in citations):
            after.append(say(language, "Please note: this article may be out of date."))
        return before, after

    def _name(self, tag: str, language: str) -> str:
        locale = self._wording.locale(language)
        name = locale.languages.get(site_language(tag).gettext.partition("_")[0])
        return str(name or site_language(tag).autonym)


Quote = tuple[Hit, str, str]  # where it is from, the anchor, the words


def _of_one_article(brief: Brief, hit: Hit) -> Iterator[Quote]:
    asked = brief.asked(hit)
    longest = longest_quote(hit.kind, hit.language)
    passages = brief.passages_of(hit)
    at = next(
        (i for i, one in enumerate(passages) if one.text == hit.passage and one.anchor == hit.anchor), None
    )
    steps = None if at is None else _steps_elsewhere(asked, hit, passages, at)
    quote = fitting_stretch(hit.passage, asked, min(longest, LONGEST_LEAD) if steps else longest)
    yield hit, hit.anchor, quote
    if steps:
        yield hit, steps.anchor, fitting_stretch(steps.text, asked, longest)
    elif at is not None and at + 1 < len(passages):
        following = passages[at + 1]
        if following.anchor == hit.anchor and continues(quote, following.text):
            yield hit, following.anchor, following.text[: cut(following.text)[0].end]


def _steps_elsewhere(asked: Asked, hit: Hit, passages: Sequence[Passage], at: int) -> Passage | None:
    """The steps of a guide, when what was found of it is only its top, its symptoms or its result.

    They are what can be acted on; left out where the passage found fits the question better than they do.
    """
    if (
        hit.kind not in _GUIDES
        or (has_list(hit.passage) and hit.kind == "tutorial")
        or has_steps(hit.passage)
    ):
        return None
    steps = [i for i, one in enumerate(passages) if has_steps(one.text)]
    if hit.kind == "troubleshooting" and hit.anchor and min(steps, default=0) < at:
        return None  # the checks came before: this passage is what to do after them
    best = max((passages[i] for i in steps), key=lambda one: asked.fit(_whole(hit, one)), default=None)
    if best is None or hit.kind == "troubleshooting" or not hit.anchor:
        return best
    return best if asked.fit(_whole(hit, best)) >= asked.fit(f"{hit.heading}\n{hit.passage}") else None


def _whole(hit: Hit, passage: Passage) -> str:
    return f"{hit.title}\n{passage.heading}\n{passage.text}"


def _adding(brief: Brief, first: Quote) -> Quote | None:
    hit, _, quoted = first
    # In doubt, more articles only make more doubt.
    others = brief.hits[1:2] if brief.is_sure else ()
    for other in others:
        if other.score < SECOND_SCORE * hit.score or other.language != hit.language:
            return None
        asked = brief.asked(other)
        room = longest_quote(other.kind, other.language) - len(quoted)
        quote = fitting_stretch(other.passage, asked, max(room, 0))
        if len(quote) <= room and asked.fit(f"{quoted}\n{quote}") - asked.fit(quoted) >= SECOND_ADDS:
            return other, other.anchor, quote
    return None


def _citation(number: int, hit: Hit, anchor: str, quote: str) -> Citation:
    page = hit.url.partition("#")[0]
    return Citation(
        number=number,
        family=hit.family,
        language=hit.language,
        title=hit.title,
        url=f"{page}#{anchor}" if anchor else page,
        quote=quote,
        is_fallback=hit.is_fallback,
        is_stale=hit.is_stale,
    )
