"""Markdown in, sanitised HTML and plain blocks out. The only file that speaks Markdown.

A body is parsed once and remembered: the library checks its links, the passages are cut from its blocks, and the page
is made of its HTML, all from the same tree, so that a quoted passage is what the page shows.
"""

import html as html_text
import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions.admonition import AdmonitionExtension
from markdown.extensions.sane_lists import SaneListExtension
from markdown.extensions.tables import TableExtension
from markdown.inlinepatterns import HTML_RE, HtmlInlineProcessor
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound
from pymdownx.superfences import SuperFencesCodeExtension

from app.articles.anchors import unique_anchors
from app.articles.article import Article
from app.articles.blocks import Block, BlockReader
from app.articles.finishing import (
    Cue,
    drop_foreign_pictures,
    join_cjk_lines,
    link_time_stamp,
    prepare_code,
    prepare_tables,
    without_comments,
)
from app.articles.layout import laid_out
from app.articles.sanitizing import HTML_NAMES, sanitized

# (language, family) -> the address of that article's page.
Link = Callable[[str, str], str]

_REMEMBERED = 512  # bodies; a content folder of the shipped size fits, and a larger one only parses twice
_RELATIVE = re.compile(r"(?P<path>[^#?:]+)\.md(?:#(?P<anchor>[^#\s]*))?")
# Marks that reorder or hide what a reader sees: bidirectional overrides and invisible tag letters.
_INVISIBLE = re.compile("[\u202a-\u202e\u2060-\u2064\U000e0000-\U000e007f]")


@dataclass(frozen=True, slots=True)
class ContentsEntry:
    """One line of the table of contents: a heading of level 2 or 3 and the id it has on the page."""

    level: int
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Markup:
    """A parsed body: HTML not yet sanitised, its blocks, and the addresses and pictures it names, as written."""

    html: str
    blocks: tuple[Block, ...]
    cues: tuple[Cue, ...]
    links: tuple[str, ...]
    pictures: tuple[str, ...]

    @property
    def contents(self) -> tuple[ContentsEntry, ...]:
        """The headings of level 2 and 3."""
        return tuple(ContentsEntry(b.level, b.anchor, b.text) for b in self.blocks if b.level in (2, 3))

    @property
    def anchors(self) -> frozenset[str]:
        """The ids of all headings."""
        return frozenset(block.anchor for block in self.blocks if block.anchor)


@dataclass(frozen=True, slots=True)
class Rendered:
    """An article as its page shows it. `html` is sanitised; `transcript` is empty unless it has time stamps."""

    html: str
    contents: tuple[ContentsEntry, ...]
    transcript: tuple[Cue, ...]


def article_url(language: str, family: str) -> str:
    """Where an article's page is, whether it exists in this language or is shown in another."""
    return f"/{language}/{family}"


def render(article: Article, link: Link = article_url) -> Rendered:
    """The article as sanitised HTML. Links to other articles' files become `link(language, family)`, with anchor."""
    markup = parse(article.body)

    def resolved(address: str) -> str | None:
        target = linked_article(article.path, address)
        if not target:
            return None
        (language, family), anchor = target
        return link(language, family) + (f"#{anchor}" if anchor else "")

    return Rendered(sanitized(markup.html, markup.anchors, resolved), markup.contents, markup.cues)


def linked_article(path: str, address: str) -> tuple[tuple[str, str], str] | None:
    """What a relative address in the file `path` points to: ((language, family), anchor), or None if to no article."""
    match = _RELATIVE.fullmatch(address)
    if not match or address.startswith("/"):
        return None
    parts = posixpath.normpath(posixpath.join(posixpath.dirname(path), match["path"])).split("/")
    if len(parts) != 3 or ".." in parts:
        return None
    return (parts[0], f"{parts[1]}/{parts[2]}"), match["anchor"] or ""


@lru_cache(maxsize=_REMEMBERED)
def parse(body: str) -> Markup:
    """A Markdown body as HTML and blocks. The body must have passed `limits.faults`."""
    code: dict[str, str] = {}
    markdown = Markdown(
        extensions=[
            AdmonitionExtension(),
            TableExtension(),
            SaneListExtension(),
            SuperFencesCodeExtension(custom_fences=[_fence(code)]),
        ],
    )
    finish = _Finish(markdown, code)
    # Layout before fences (25) are read, comments after them and before raw HTML (20) is.
    markdown.preprocessors.register(_LaidOut(markdown), "laid_out", 26)
    markdown.preprocessors.register(_WithoutComments(markdown), "without_comments", 22)
    markdown.inlinePatterns.register(_InlineHtml(HTML_RE, markdown), "html", 90)
    # When all text is as the reader will see it.
    markdown.treeprocessors.register(finish, "finish", -1)
    html = markdown.convert(_INVISIBLE.sub("", body))
    return Markup(html, finish.blocks, finish.cues, finish.links, finish.pictures)


def _fence(code: dict[str, str]) -> dict[str, Any]:
    """Fenced code, coloured by Pygments with class names; `code` remembers the source of each piece of HTML."""

    def formatted(source: str, language: str, *_: object, **__: object) -> str:
        try:
            lexer = get_lexer_by_name(language or "text")
        except ClassNotFound:
            lexer = get_lexer_by_name("text")
        spans = highlight(source, lexer, HtmlFormatter(nowrap=True))
        # Code reads from left to right in every language; it scrolls, so the keyboard must reach it.
        html = f'<pre class="highlight" dir="ltr" tabindex="0"><code>{spans}</code></pre>'
        code[html] = source
        return html

    return {"name": "*", "class": "", "format": formatted, "validator": lambda *_: True}


class _LaidOut(Preprocessor):
    """Lists and fences as the parser wants them."""

    def run(self, lines: list[str]) -> list[str]:
        return laid_out(lines)


class _WithoutComments(Preprocessor):
    """Takes comments out, also those with blank lines inside, which the parser would show as text."""

    def run(self, lines: list[str]) -> list[str]:
        return without_comments(lines)


class _InlineHtml(HtmlInlineProcessor):
    """Raw HTML inside a paragraph; `<your name>`, which is none, is shown as it was typed."""

    # The parser's name and shape, which its type stubs do not allow to subclasses.
    def handleMatch(self, m: re.Match[str], _: str) -> tuple[str, int, int]:  # type: ignore[override]  # noqa: N802
        name = re.match(r"</?([a-zA-Z][a-zA-Z0-9]*)[\s/>]", m[1])
        is_html = name is None or name[1].lower() in HTML_NAMES
        text = self.backslash_unescape(self.unescape(m[1]))
        return self.md.htmlStash.store(text if is_html else html_text.escape(text)), m.start(0), m.end(0)


class _Finish(Treeprocessor):
    """Gives the tree its anchors, time stamps and direction, and reads blocks, links and pictures off it."""

    def __init__(self, md: Markdown, code: dict[str, str]) -> None:
        super().__init__(md)
        self.code = code
        self.blocks: tuple[Block, ...] = ()
        self.cues: tuple[Cue, ...] = ()
        self.links: tuple[str, ...] = ()
        self.pictures: tuple[str, ...] = ()

    def run(self, root: Element) -> None:
        reader = BlockReader([str(raw) for raw in self.md.htmlStash.rawHtmlBlocks], self.code)
        headings = [element for element in root.iter() if element.tag in ("h1", "h2", "h3", "h4", "h5", "h6")]
        for element, anchor in zip(headings, unique_anchors(reader.plain(h) for h in headings), strict=True):
            element.tag = "h2" if element.tag == "h1" else element.tag  # the title is the page's h1
            element.set("id", anchor)
        join_cjk_lines(root)
        self.pictures = tuple(i.get("src", "") for i in root.iter("img"))
        drop_foreign_pictures(root)
        self.blocks = tuple(reader.blocks(root))
        self.links = tuple(a.get("href", "") for a in root.iter("a"))
        self.cues = tuple(cue for p in root.iter("p") if (cue := link_time_stamp(p, reader)))
        prepare_code(root)
        prepare_tables(root)
