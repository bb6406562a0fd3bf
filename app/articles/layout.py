"""Lists, fences and time stamps as people write them, laid out as the Markdown parser wants them.

Python-Markdown nests by four spaces and wants empty lines around lists and fences; most editors follow CommonMark
(§5.2 of its specification), where what stands under an item begins where the item's words begin, and a list may
follow a line of text at once. Both ways of writing come out of here the same.
"""

import re
from collections.abc import Sequence

_MARKER = re.compile(r"( *)([-*+]|\d{1,9}[.)])( {1,4})(?=\S)")
_NOTE = re.compile(r"( *)!!! ?\w")
_FENCE = re.compile(r" *(`{3,}|~{3,})([^`]*)$")
_TIME_STAMP = re.compile(r" *\[(?:\d{1,2}:)?\d{1,3}:[0-5]\d\]")
_RULE = re.compile(r" *(?:(?:- *){3,}|(?:\* *){3,})$")
_STEP = 4


class _Layout:
    """One pass over the lines. `offsets` holds, for each open item or note, the column its content begins in."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.offsets: list[int] = []
        self.fence = ""
        self.shift = 0
        self.block_indent = 0  # how far in the first line after the last empty one stands
        self.needs_gap = False  # the line before is a paragraph's that a list cannot follow at once
        self.is_opening = False  # the line before opens a paragraph without being one

    def add(self, line: str) -> None:
        if self.fence:
            self._in_fence(line)
        elif not line.strip():
            self.lines.append("")
            self.needs_gap = self.is_opening = False
        elif fence := _FENCE.match(line):
            self._leave(_indent(line))
            self._part()
            self._place(line)
            self.fence, self.shift = fence[1], _indent(self.lines[-1]) - _indent(line)
        elif (match := _MARKER.match(line)) and not _RULE.match(line):
            self._item(line, match)
        else:
            self._text(line)

    def _in_fence(self, line: str) -> None:
        space = _indent(line)
        self.lines.append(" " * max(0, space + self.shift) + line.lstrip(" ") if line.strip() else "")
        closing = line.strip()
        if closing.startswith(self.fence) and not closing.strip(self.fence[0]):
            self.fence = ""
            self.lines.append("")
            self.needs_gap = self.is_opening = False

    def _item(self, line: str, match: re.Match[str]) -> None:
        indent = len(match[1])
        is_inside = bool(self.offsets)
        self._leave(indent)
        if indent - (self.offsets[-1] if self.offsets else 0) >= _STEP:
            self._text(line)  # code, or the further lines of a paragraph
            return
        # At the top, a line that happens to begin with a number goes on with its paragraph (CommonMark §5.3).
        if self.needs_gap and (is_inside or match[2] in ("-", "*", "+", "1.", "1)")):
            self._part()
        # The parser cannot leave, within one block, the item that the block began in.
        if self.lines and self.lines[-1] and _STEP * len(self.offsets) < self.block_indent:
            self._part()
        self._place(line.replace(")", ".", 1) if match[2].endswith(")") else line)
        self.offsets.append(match.end())
        self.needs_gap = self.is_opening = False

    def _text(self, line: str) -> None:
        note, is_heading = _NOTE.match(line), line.startswith("#")
        if note or _TIME_STAMP.match(line):
            self._part()
        # A line that goes on with a paragraph belongs to its item, however far in it stands.
        goes_on = bool(self.lines and self.lines[-1]) and not is_heading
        if not goes_on:
            self._leave(_indent(line))
        if goes_on and self.offsets and _indent(line) < self.offsets[-1]:
            self.lines.append(line)
        else:
            self._place(line)
        if note:
            self.offsets.append(len(note[1]) + _STEP)
        self.needs_gap = not (note or is_heading) and (not goes_on or self.is_opening or self.needs_gap)
        self.is_opening = bool(note or is_heading)

    def _leave(self, indent: int) -> None:
        """Closes the items and notes that a line this far in no longer belongs to."""
        while self.offsets and indent < self.offsets[-1]:
            self.offsets.pop()

    def _part(self) -> None:
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def _place(self, line: str) -> None:
        base = self.offsets[-1] if self.offsets else 0
        further = max(0, _indent(line) - base)
        # Less than a step too far in is loose writing; a step or more is code.
        further = further if further >= _STEP else 0
        placed = " " * (_STEP * len(self.offsets) + further) + line.lstrip(" ")
        if not (self.lines and self.lines[-1]):
            self.block_indent = _indent(placed)
        self.lines.append(placed)


def laid_out(lines: Sequence[str]) -> list[str]:
    """The same Markdown with four spaces a level, and empty lines where the parser needs them."""
    layout = _Layout()
    for line in lines:
        layout.add(line.expandtabs(_STEP))
    return layout.lines


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
