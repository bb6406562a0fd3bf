"""How an answer reads: quotations with their numbers, as plain text and as safe markup with the same words.

The markup knows four tags (`p`, `ol`, `ul` with `li`, and `a` to the passage) and escapes everything else.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from app.chat.conversation import Citation
from app.chat.quotation import POINT, STEP
from app.languages import direction


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bot says, and the passages it rests on: at least one."""

    text: str
    html: str
    citations: tuple[Citation, ...]


def write_answer(
    citations: Sequence[Citation], language: str, *, before: Sequence[str] = (), after: Sequence[str] = ()
) -> Answer:
    """The quotations in order, each with its number behind it; `before` and `after` are sentences of our own."""
    quoted = "\n\n".join(f"{citation.quote} [{citation.number}]" for citation in citations)
    html = "".join(_quotation(citation, language) for citation in citations)
    return Answer(
        text="\n\n".join([*before, quoted, *after]),
        html="".join([paragraphs(before), html, paragraphs(after)]),
        citations=tuple(citations),
    )


def paragraphs(sentences: Iterable[str]) -> str:
    """Plain words as markup, one paragraph each."""
    return "".join(f"<p>{escape(sentence, quote=False)}</p>" for sentence in sentences)


def notice_html(text: str, link: str = "") -> str:
    """A text of our own as markup; `link`, where it stands in the text, can be followed."""
    html = "".join(f"<p>{escape(line, quote=False)}</p>" for line in text.split("\n") if line.strip())
    target = escape(link)
    return html.replace(target, f'<a href="{target}">{target}</a>') if link else html


def _quotation(citation: Citation, language: str) -> str:
    foreign = citation.language != language
    spoken = f' lang="{escape(citation.language)}" dir="{direction(citation.language)}"' if foreign else ""
    mark = f' <a href="{escape(citation.url)}">[{citation.number}]</a>'
    blocks = list(_blocks(citation.quote, spoken))
    # The number stands inside the last block, as it does in the plain text.
    last, closing = blocks[-1]
    return "".join(content + end for content, end in blocks[:-1]) + last + mark + closing


def _blocks(quote: str, spoken: str) -> Iterator[tuple[str, str]]:
    """Each block as (markup, closing tags)."""
    items = _items(quote.split("\n"))
    for marker, group in groupby(items, key=lambda item: item[0]):
        texts = [text for _, text in group]
        if marker == "":
            yield from ((f"<p{spoken}>{escape(text, quote=False)}", "</p>") for text in texts)
            continue
        first = STEP.match(texts[0])
        tag = f'ol start="{int(first[1])}"' if first and first[1] != "1" else marker
        held = "</li><li>".join(escape(_unmarked(text), quote=False) for text in texts)
        yield f"<{tag}{spoken}><li>{held}", f"</li></{marker}>"


def _items(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Lines as (`ol`, `ul` or "", text); what a list item holds is joined to it."""
    marker, text = "", ""
    for line in lines:
        if line.startswith("  ") and marker:
            text = f"{text}\n{line.strip()}"
            continue
        if text:
            yield marker, text
        marker, text = "ol" if STEP.match(line) else "ul" if POINT.match(line) else "", line.strip()
    if text:
        yield marker, text


def _unmarked(text: str) -> str:
    found = STEP.match(text) or POINT.match(text)
    return text[found.end() :] if found else text
