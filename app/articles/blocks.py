"""The blocks of an article as a reader sees them: plain text with list numbers, taken from the parsed tree.

Nothing hidden gets in: no comments, no image alternative texts, no raw HTML beyond plain formatting tags, no
invisible characters. What search encodes and the chat quotes is built from these blocks alone.
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from xml.etree.ElementTree import Element

# Where Python-Markdown keeps the place of raw HTML, fenced code and entities, by number in its stash.
_STASHED = re.compile("\x02wzxhzdk:(\\d+)\x03")
# How it writes the letters of an address in angle brackets.
_REFERENCE = re.compile("\x02amp\x03(#?\\w{0,8};?)")
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)\s*/?>")
_RAW_NAME = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
# Raw tags that only shape the words inside them; what any other raw tag holds is not read.
_PLAIN_NAMES = "b i u s em strong small mark kbd sub sup abbr del ins q cite var samp code br wbr"
_PLAIN_TAGS = frozenset(_PLAIN_NAMES.split())
# What Markdown sources are set with; not the no-break spaces of the author.
_SPACES = re.compile("[ \t\r\f\v]+")
_HEADINGS = {"h1": 2, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}


class BlockKind(StrEnum):
    HEADING = "heading"
    TEXT = "text"
    STEP = "step"  # one item of a numbered list
    BULLET = "bullet"
    TABLE = "table"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Block:
    """One heading, paragraph, list item, table or piece of code.

    `level` is 2 to 6 for a heading, else 0; `anchor` is a heading's id. `group` is equal for the items of one list.
    `repeated` is the first line of a table or note, which a later piece of it needs to be understood.
    """

    kind: BlockKind
    text: str
    level: int = 0
    anchor: str = ""
    group: int = 0
    repeated: str = ""


@dataclass(slots=True)
class BlockReader:
    """Reads a finished tree; `stash` is what the numbered places stand for, `code` its fenced code by HTML."""

    stash: Sequence[str]
    code: Mapping[str, str]
    _groups: Iterator[int] = field(default_factory=lambda: iter(range(1, 1_000_000)))

    def blocks(self, parent: Element) -> Iterator[Block]:
        """The blocks below `parent`, in reading order; empty ones are left out."""
        for element in parent:
            yield from (block for block in self._block(element) if block.text)

    def plain(self, element: Element) -> str:
        """The visible words inside one element."""
        return tidy(self._visible("".join(_words(element))))

    def _block(self, element: Element) -> Iterator[Block]:
        if level := _HEADINGS.get(element.tag):
            yield Block(BlockKind.HEADING, self.plain(element), level, element.get("id", ""))
        elif element.tag in ("ol", "ul"):
            yield from self._items(element)
        elif element.tag == "table":
            yield self._table(element)
        elif element.tag == "pre":
            yield Block(BlockKind.CODE, "".join(_words(element)).strip("\n"))
        elif element.tag == "div" and "admonition" in element.get("class", ""):
            yield self._note(element)
        elif element.tag in ("div", "blockquote", "details", "section", "dl"):
            yield from self.blocks(element)
        else:
            yield self._paragraph(element)

    def _paragraph(self, element: Element) -> Block:
        match = _STASHED.fullmatch((element.text or "").strip()) if not len(element) else None
        if match and (source := self.code.get(self._stashed(match))) is not None:
            return Block(BlockKind.CODE, source.strip("\n"))
        return Block(BlockKind.TEXT, self.plain(element))

    def _items(self, element: Element) -> Iterator[Block]:
        group = next(self._groups)
        first = element.get("start", "1")
        number = int(first) if first.isdecimal() and len(first) < 7 else 1
        for item in element:
            is_step = element.tag == "ol"
            text = self._item_text(item)
            marked = f"{number}. {text}" if is_step else f"- {text}"
            yield Block(BlockKind.STEP if is_step else BlockKind.BULLET, marked if text else "", group=group)
            number += 1

    def _item_text(self, item: Element) -> str:
        """An item's own words, then what it holds, one line each and two spaces further in."""
        own = Element("p")
        own.text = item.text
        held: list[Element] = []
        for child in item:
            if held or child.tag in ("p", "ol", "ul", "pre", "div", "table", "blockquote"):
                held.append(child)
            else:
                own.append(child)
        inner = Element("div")
        inner.extend(held)
        lines = [line for block in self.blocks(inner) for line in block.text.split("\n")]
        text = self.plain(own)
        if not text and lines:
            text, lines = lines[0], lines[1:]
        return "\n".join([text, *(f"  {line}" for line in lines)]) if text else ""

    def _table(self, table: Element) -> Block:
        rows = [" | ".join(self.plain(cell) for cell in row) for row in table.iter("tr")]
        return Block(BlockKind.TABLE, "\n".join(rows), repeated=rows[0] if rows else "")

    def _note(self, note: Element) -> Block:
        lines = [block.text for block in self.blocks(note)]
        title = note.find("p[@class='admonition-title']")
        return Block(
            BlockKind.TEXT, "\n".join(lines), repeated=self.plain(title) if title is not None else ""
        )

    def _visible(self, text: str) -> str:
        """`text` with code and entities put back, and raw HTML taken out together with what it wraps."""
        shown: list[str] = []
        position, hidden_until = 0, -1
        places = list(_STASHED.finditer(text))
        for index, place in enumerate(places):
            if index > hidden_until:
                shown.append(text[position : place.start()])
                raw = self._stashed(place)
                shown.append(self.code.get(raw) or (html.unescape(raw) if raw.startswith("&") else ""))
                hidden_until = max(hidden_until, self._closing(places, index, raw))
            position = place.end()
        shown.append(text[position:])
        return _REFERENCE.sub(lambda match: html.unescape(f"&{match[1]}"), "".join(shown))

    def _closing(self, places: Sequence[re.Match[str]], index: int, raw: str) -> int:
        """The number of the place that closes a raw tag whose words are not to be read; -1 if there is none."""
        opening = _RAW_NAME.match(raw)
        if not opening or opening[1] or (_TAG.fullmatch(raw) and opening[2].lower() in _PLAIN_TAGS):
            return -1
        closing = re.compile(rf"</{re.escape(opening[2])}[\s/>]", re.IGNORECASE)
        later = (at for at in range(index + 1, len(places)) if closing.match(self._stashed(places[at])))
        return next(later, -1)

    def _stashed(self, place: re.Match[str]) -> str:
        number = int(place[1])
        return self.stash[number] if number < len(self.stash) else ""


def tidy(text: str) -> str:
    """Runs of spaces become one; line breaks stay, blank lines and outer space go.

    No-break spaces are letters here: French sets one before `?`, which must not fall onto the next line.
    """
    lines = (_SPACES.sub(" ", line).strip(" ") for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _words(element: Element) -> Iterator[str]:
    # An image's words are its alternative text: nobody sees it, so nobody is told it.
    if element.text and element.tag != "img":
        # The parser hands code over escaped, everything else as it is.
        yield html.unescape(element.text) if element.tag == "code" else _unbroken(element.text)
    for child in element:
        yield "\n" if child.tag == "br" else ""
        yield from _words(child)
        yield _unbroken(child.tail or "")


def _unbroken(text: str) -> str:
    # A line break in the source is a space on the page.
    return text.replace("\n", " ")
