"""House rules for shipped content, beyond validity: what a reader, a translator and an editor may expect of it.

A content folder that breaks these still builds; the checks over the shipped one do not pass.
"""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

from app.articles.article import Article, Kind
from app.articles.blocks import Block, BlockKind
from app.articles.library import Library
from app.articles.passages import words
from app.articles.rendering import Markup, linked_article, parse
from app.errors import ContentFault
from app.languages import DEFAULT

LENGTH = (150, 900)  # words; ideographs count as `passages.words` counts them, with a little room below
LENGTH_OF_IDEOGRAPHS = (100, 470)  # 400 to 1,800 characters
SUMMARY_MAX = 200
TAGS_BETWEEN = (2, 5)
QUESTIONS_BETWEEN = (3, 50)  # some in each language that has no article of its own
RELATED_BETWEEN = (2, 4)
HEADINGS_BETWEEN = (2, 8)
REVIEWED_WITHIN = timedelta(days=366)
RETURNS_REVIEWED_WITHIN = timedelta(days=184)  # R3.5: what is said of returns and refunds expires sooner

_RETURNS = re.compile(r"return|refund")
_RAW_HTML = re.compile(r"</?[a-zA-Z][^>\n]*>|<!--")
_CODE = re.compile(r"`[^`\n]*`|^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_TITLE_HEADING = re.compile(r"^#\s", re.MULTILINE)

_Rule = Callable[[Article, Markup, Library], Iterator[str]]


def house_faults(library: Library) -> list[ContentFault]:
    """Every breach of a house rule, in the order of the articles."""
    faults = []
    for article in library.published:
        markup = parse(article.body)
        for field, rule in _RULES.items():
            faults += [
                ContentFault(article.path, 1, field, message) for message in rule(article, markup, library)
            ]
    return faults


def _keys(article: Article, _markup: Markup, _library: Library) -> Iterator[str]:
    given = {
        "updated": article.updated,
        "review_by": article.review_by,
        "owner": article.owner,
        "tags": article.tags,
    }
    yield from (f"{key} is missing" for key, value in given.items() if not value)
    if article.language != DEFAULT and article.translation_of is None:
        yield "translation_of is missing"


def _counts(article: Article, markup: Markup, _library: Library) -> Iterator[str]:
    headings = sum(block.level == 2 for block in markup.blocks)
    for name, count, (least, most) in (
        ("tags", len(article.tags), TAGS_BETWEEN),
        ("questions", len(article.questions), QUESTIONS_BETWEEN),
        ("related articles", len(article.related), RELATED_BETWEEN),
        ("headings", headings, HEADINGS_BETWEEN),
    ):
        if not least <= count <= most:
            yield f"{count} {name}, wanted are {least} to {most}"
    if len(article.summary) > SUMMARY_MAX:
        yield f"the summary has {len(article.summary)} characters, at most {SUMMARY_MAX} are wanted"


def _length(article: Article, markup: Markup, _library: Library) -> Iterator[str]:
    size = sum(words(block.text) for block in markup.blocks)
    least, most = LENGTH_OF_IDEOGRAPHS if article.language in ("ja", "zh-Hans") else LENGTH
    # Arabic writes articles, prepositions and pronouns as part of the word: fewer words say the same.
    least = int(least * 0.75) if article.language == "ar" else least
    if not least <= size <= most:
        yield f"{size:.0f} words, wanted are {least} to {most}"


def _review(article: Article, _markup: Markup, _library: Library) -> Iterator[str]:
    if article.updated is None or article.review_by is None:
        return
    within = RETURNS_REVIEWED_WITHIN if _RETURNS.search(article.slug) else REVIEWED_WITHIN
    if not timedelta(0) < article.review_by - article.updated <= within:
        yield f"is to be reviewed within {within.days} days of its update"


def _markdown(article: Article, markup: Markup, _library: Library) -> Iterator[str]:
    prose = _CODE.sub("", article.body)
    if _RAW_HTML.search(prose):
        yield "has raw HTML"
    if _TITLE_HEADING.search(prose):
        yield "has a heading of level 1; the title is the front matter's"
    if markup.pictures:
        yield "has a picture"
    for block in markup.blocks:
        if block.kind is BlockKind.TEXT and re.search(
            r"\*\*|\]\(|^#{1,6} |^\|.*\|$", block.text, re.MULTILINE
        ):
            yield f"shows its Markdown to readers: {block.text[:60]}"


def _links(article: Article, markup: Markup, library: Library) -> Iterator[str]:
    for address in markup.links:
        target = linked_article(article.path, address)
        if target is None and not address.startswith("#t="):
            yield f"links to {address}, which is no article"
            continue
        if target is None:
            continue
        (language, family), anchor = target
        linked = library.get(language, family)
        if language != article.language:
            yield f"links to {address}, in another language"
        elif linked and anchor and anchor not in parse(linked.body).anchors:
            yield f"links to {address}, which has no such heading"


def _kind(article: Article, markup: Markup, library: Library) -> Iterator[str]:
    english = library.get(DEFAULT, article.family)
    if english and english.kind is not article.kind:
        yield f"is a {article.kind}, in English a {english.kind}"
    if (article.kind is Kind.VIDEO) != (article.video is not None):
        yield "video articles, and only they, name a video"
    if article.kind is Kind.VIDEO and len(markup.cues) < 5:
        yield "has no transcript with time stamps"
    if [cue.seconds for cue in markup.cues] != sorted(cue.seconds for cue in markup.cues):
        yield "has time stamps out of order"
    if article.kind in (Kind.TUTORIAL, Kind.TROUBLESHOOTING) and not any(
        _is_step(block) for block in markup.blocks
    ):
        yield "has no numbered steps"


def _is_step(block: Block) -> bool:
    return block.kind is BlockKind.STEP


def _titles(article: Article, _markup: Markup, library: Library) -> Iterator[str]:
    for other in library.published:
        if other.language == article.language and other.title == article.title and other.path < article.path:
            yield f"has the title of {other.path}"


_RULES: dict[str, _Rule] = {
    "keys": _keys,
    "counts": _counts,
    "length": _length,
    "review_by": _review,
    "body": _markdown,
    "links": _links,
    "kind": _kind,
    "title": _titles,
}
