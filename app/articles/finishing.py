"""Finishing touches on an article's lines and tree: comments out, time stamps, code and tables made ready for a page."""

import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from app.articles.blocks import BlockReader
from app.articles.sanitizing import picture_address

_TIMESTAMP = re.compile(r"\[(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)\][ \t]*")
_CJK = "[\u2e80-\u303f\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef]"
_BREAK_IN_CJK = re.compile(f"(?<={_CJK})\n(?={_CJK})")
_ALIGN = re.compile(r"text-align: (left|center|right);")


@dataclass(frozen=True, slots=True)
class Cue:
    """One time-stamped paragraph of a transcript; `seconds` from the film's start."""

    seconds: int
    text: str


def without_comments(lines: list[str]) -> list[str]:
    """The lines with the text between `<!--` and `-->` taken out, over any number of lines; an open one hides the rest."""
    kept: list[str] = []
    in_comment = False
    for line in lines:
        text, in_comment = _outside_comment(line, in_comment)
        kept.append(text)
    return kept


def join_cjk_lines(root: Element) -> None:
    """Joins lines broken between two ideographs: there the break is the editor's, and no space is meant."""
    for element in root.iter():
        if element.text and element.tag != "code" and "\n" in element.text:
            element.text = _BREAK_IN_CJK.sub("", element.text)
        if element.tail and "\n" in element.tail:
            element.tail = _BREAK_IN_CJK.sub("", element.tail)


def drop_foreign_pictures(root: Element) -> None:
    """Takes out pictures that are not the content folder's own, with their alternative text."""
    for parent in list(root.iter()):
        for picture in [child for child in parent if child.tag == "img"]:
            if picture_address(picture.get("src", "")) is None:
                _take_out(parent, picture)


def link_time_stamp(paragraph: Element, reader: BlockReader) -> Cue | None:
    """Turns `[mm:ss]` at a paragraph's start into a link to that moment."""
    match = _TIMESTAMP.match(paragraph.text or "")
    if not match:
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    at = hours * 3600 + minutes * 60 + seconds
    said = (paragraph.text or "")[match.end() :]
    paragraph.text = said
    cue = Cue(at, reader.plain(paragraph))
    stamp = Element("a", {"class": "timestamp", "href": f"#t={at}", "data-seconds": str(at)})
    stamp.text, stamp.tail, paragraph.text = match[0].strip(" \t[]"), f" {said}", ""
    paragraph.insert(0, stamp)
    return cue


def prepare_code(root: Element) -> None:
    """Code reads from left to right in every language; it scrolls, so the keyboard must reach it."""
    for pre in root.iter("pre"):
        pre.set("dir", "ltr")
        pre.set("tabindex", "0")


def prepare_tables(root: Element) -> None:
    """Puts each table into a box that can scroll by itself, so that a wide one does not widen the page."""
    for parent in list(root.iter()):
        for place, table in enumerate(list(parent)):
            if table.tag != "table":
                continue
            box = Element("div", {"class": "table", "tabindex": "0"})
            box.append(table)
            box.tail, table.tail = table.tail, None
            parent[place] = box
    for cell in list(root.iter("th")) + list(root.iter("td")):
        if match := _ALIGN.match(cell.attrib.pop("style", "")):
            cell.set("class", f"align-{match[1]}")
        if cell.tag == "th":
            cell.set("scope", "col")


def _take_out(parent: Element, child: Element) -> None:
    place = list(parent).index(child)
    if place:
        parent[place - 1].tail = (parent[place - 1].tail or "") + (child.tail or "")
    else:
        parent.text = (parent.text or "") + (child.tail or "")
    parent.remove(child)


def _outside_comment(line: str, in_comment: bool) -> tuple[str, bool]:
    kept: list[str] = []
    position = 0
    while position < len(line):
        mark = "-->" if in_comment else "<!--"
        found = line.find(mark, position)
        if not in_comment:
            kept.append(line[position : found if found >= 0 else None])
            # Inside `code` the four characters are an example, not a comment.
            if found >= 0 and line.count("`", 0, found) % 2:
                kept.append(mark)
                position = found + len(mark)
                continue
        if found < 0:
            break
        position, in_comment = found + len(mark), not in_comment
    return "".join(kept), in_comment
