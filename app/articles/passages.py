"""Passages: the parts of an article that are encoded and quoted, cut along its headings.

A section that is larger than a small encoder reads well is cut between its blocks, into parts of about the same size;
a numbered list that is cut repeats one step, so that no part begins in the middle of a procedure without its context.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.articles.article import Article, Passage, passage_digest
from app.articles.blocks import Block, BlockKind
from app.articles.rendering import parse

# In words; an ideograph or kana counts as a quarter of one, so that 700 of them fill a passage too.
MAX_WORDS = 180.0
_WORDS_PER_IDEOGRAPH = MAX_WORDS / 700
# A word of a spaced script has about six characters; a run without spaces must not pass for one word.
_CHARACTERS_PER_WORD = 12
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_SENTENCE_END = re.compile(r"(?<=[.!?…؟])\s+|(?<=[。！？])")


@dataclass(frozen=True, slots=True)
class _Section:
    path: tuple[str, ...]
    anchor: str
    blocks: tuple[Block, ...]


def passages(article: Article) -> tuple[Passage, ...]:
    """The article's passages in reading order; none for an article without visible text."""
    found: list[Passage] = []
    for section in _sections(parse(article.body).blocks):
        for text in _texts(section.blocks):
            found.append(
                Passage(
                    family=article.family,
                    language=article.language,
                    ordinal=len(found),
                    anchor=section.anchor,
                    heading=section.path[-1] if section.path else "",
                    heading_path=section.path,
                    text=text,
                    digest=passage_digest(
                        article.language, article.title, section.path, text, article.questions
                    ),
                )
            )
    return tuple(found)


def words(text: str) -> float:
    """The size of a text in words of a spaced script."""
    ideographs = len(_IDEOGRAPH.findall(text))
    spaced = len(text.split()) + ideographs * _WORDS_PER_IDEOGRAPH
    return max(spaced, (len(text) - ideographs) / _CHARACTERS_PER_WORD)


def _sections(blocks: Sequence[Block]) -> Iterator[_Section]:
    """The blocks under each heading of level 2 or 3; a deeper heading stays a line of its section."""
    path: tuple[str, ...] = ()
    anchor = ""
    held: list[Block] = []
    for block in blocks:
        if block.kind is BlockKind.HEADING and block.level <= 3:
            if held:
                yield _Section(path, anchor, tuple(held))
            path = (block.text,) if block.level == 2 or not path else (path[0], block.text)
            anchor, held = block.anchor, []
        else:
            held.append(block)
    if held:
        yield _Section(path, anchor, tuple(held))


def _texts(blocks: Sequence[Block]) -> Iterator[str]:
    parts = [part for block in blocks for part in _fitting(block)]
    total = sum(words(part.text) for part in parts)
    goal = total / max(1, math.ceil(total / MAX_WORDS))
    held: list[Block] = []
    size = repeated = 0.0
    for part in parts:
        more = words(part.text)
        if held and (size + more > MAX_WORDS or (size - repeated >= goal - 0.01 and _may_end(held[-1]))):
            yield _joined(held)
            held = _overlap(held[-1], part)
            size = repeated = sum(words(block.text) for block in held)
        held.append(part)
        size += more
    if held:
        yield _joined(held)


def _overlap(last: Block, following: Block) -> list[Block]:
    """The step to repeat, where a numbered list is cut between `last` and `following`."""
    is_cut = last.kind is BlockKind.STEP and last.group == following.group
    fits = words(last.text) + words(following.text) <= MAX_WORDS and words(last.text) <= MAX_WORDS / 3
    return [last] if is_cut and fits else []


def _may_end(block: Block) -> bool:
    # "Do this:" belongs to what follows.
    return not block.text.endswith((":", "："))


def _joined(blocks: Sequence[Block]) -> str:
    return "\n".join(block.text for block in blocks)


def _fitting(block: Block) -> Iterator[Block]:
    """The block itself if it fits, else pieces of it: whole lines, else sentences, else words."""
    if words(block.text) <= MAX_WORDS:
        yield block
        return
    repeated = block.repeated if words(block.repeated) <= MAX_WORDS / 3 else ""
    room = MAX_WORDS - words(repeated)
    for number, text in enumerate(_packed(list(_small(block.text, room)), room)):
        yield replace(block, text=f"{repeated}\n{text}" if repeated and number else text)


def _packed(pieces: Sequence[tuple[str, str]], room: float) -> Iterator[str]:
    """Pieces (with what joins each to the one before) put together again as far as they fit into `room` words."""
    held, size = "", 0.0
    for joint, piece in pieces:
        more = words(piece)
        if held and size + more > room:
            yield held
            held, size = "", 0.0
        held = f"{held}{joint}{piece}" if held else piece
        size += more
    if held:
        yield held


def _small(text: str, room: float) -> Iterator[tuple[str, str]]:
    """Lines, sentences or words that fit into `room`, each with what joins it to the one before."""
    for line in text.split("\n"):
        for number, (joint, piece) in enumerate(_of_line(line, room)):
            yield (joint if number else "\n"), piece


def _of_line(line: str, room: float) -> Iterator[tuple[str, str]]:
    if words(line) <= room:
        yield "", line
        return
    joint = ""
    for sentence in _SENTENCE_END.split(line):
        for number, (inner, piece) in enumerate(_of_sentence(sentence, room)):
            yield (inner if number else joint), piece
        joint = "" if sentence.endswith(("。", "！", "？")) else " "


def _of_sentence(sentence: str, room: float) -> Iterator[tuple[str, str]]:
    if words(sentence) <= room:
        yield "", sentence
        return
    span = max(1, int(room))  # one character is at most one word: always fits
    for word in sentence.split():
        pieces = [word[start : start + span] for start in range(0, len(word), span)]
        yield from ((" " if number == 0 else "", piece) for number, piece in enumerate(pieces))
