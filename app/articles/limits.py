"""What no article needs and a Markdown bomb is made of: refused before parsing, in one pass over the lines.

Parsers of Markdown take quadratic time on some repetitions and recurse into nesting. The limits lie far above any
real article (the longest shipped one has about 5,000 characters, 75 lines and 23 links); whatever stays below them
is parsed in less than a second, which `tests/articles/test_limits.py` tries with sixty repeated pieces of Markdown.
"""

import re
from collections.abc import Iterator

from app.errors import ContentFault

MAX_FILE_BYTES = 400_000
MAX_BODY = 100_000
MAX_LINES = 3_000
MAX_BLOCKS = 1_000
MAX_LINE = 20_000
MAX_BLOCK = 20_000
MAX_DEPTH = 10
MAX_INDENT = 48
# How often these may stand in one block (lines without an empty one between) and in the whole article.
PER_BLOCK = {"[": 250, "<": 250, "`": 1_000, "*": 2_000, "_": 2_000, "\\": 2_000, "&": 2_000, "|": 4_000}
PER_ARTICLE = {"[": 2_500, "<": 2_500, "`": 5_000, "*": 4_000, "_": 4_000, "\\": 4_000, "&": 4_000}
MAX_HEADINGS = 500
MAX_FENCES = 400
MAX_DECLARATIONS = 20  # <! and <?, apart from comments

_NESTING = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+[ \t>]*)*")
_LEVEL = re.compile(r"[>*+-]|\d[.)]")
_FENCE = re.compile(r"[ \t>]*(?:`{3}|~{3})")
_HEADING = re.compile(r"[ \t]{0,3}(?:#|=+[ \t]*$|-+[ \t]*$)")
_DECLARATION = re.compile(r"<[?!](?!--)")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def faults(path: str, body: str, first_line: int) -> list[ContentFault]:
    """What makes a body too big or too deep to parse, with lines (from 1); `first_line` is the body's first."""
    if len(body) > MAX_BODY:
        return [ContentFault(path, first_line, "body", f"is longer than {MAX_BODY:,} characters")]
    lines = body.split("\n")
    found = [
        *((number, message) for number, line in enumerate(lines) if (message := _line_fault(line))),
        *_block_faults(lines),
        *_article_faults(body, lines),
    ]
    return [ContentFault(path, first_line + number, "body", message) for number, message in found]


def _line_fault(line: str) -> str:
    if len(line) > MAX_LINE:
        return f"the line is longer than {MAX_LINE:,} characters"
    if _CONTROL.search(line):
        return "the line has control characters"
    nesting = _NESTING.match(line)
    marks = nesting[0] if nesting else ""
    if len(_LEVEL.findall(marks)) > MAX_DEPTH:
        return f"quotes or lists are nested deeper than {MAX_DEPTH}"
    if len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip(" ")) > MAX_INDENT and line.strip():
        return f"the line is indented by more than {MAX_INDENT} spaces"
    return ""


def _block_faults(lines: list[str]) -> Iterator[tuple[int, str]]:
    for number, block in _blocks(lines):
        if len(block) > MAX_BLOCK:
            yield number, f"the paragraph is longer than {MAX_BLOCK:,} characters"
        for mark, most in PER_BLOCK.items():
            if block.count(mark) > most:
                yield number, f"more than {most:,} of {mark} in one paragraph"


def _blocks(lines: list[str]) -> Iterator[tuple[int, str]]:
    start = 0
    for number, line in enumerate([*lines, ""]):
        if not line.strip():
            if number > start:
                yield start, "\n".join(lines[start:number])
            start = number + 1


def _article_faults(body: str, lines: list[str]) -> Iterator[tuple[int, str]]:
    for mark, most in PER_ARTICLE.items():
        if body.count(mark) > most:
            yield 0, f"more than {most:,} of {mark}"
    if len(lines) > MAX_LINES:
        yield 0, f"more than {MAX_LINES:,} lines"
    if sum(1 for _ in _blocks(lines)) > MAX_BLOCKS:
        yield 0, f"more than {MAX_BLOCKS:,} paragraphs"
    if sum(1 for line in lines if _HEADING.match(line)) > MAX_HEADINGS:
        yield 0, f"more than {MAX_HEADINGS} headings"
    if sum(1 for line in lines if _FENCE.match(line)) > MAX_FENCES:
        yield 0, f"more than {MAX_FENCES} fences of code"
    if len(_DECLARATION.findall(body)) > MAX_DECLARATIONS:
        yield 0, f"more than {MAX_DECLARATIONS} declarations like <! or <?"
