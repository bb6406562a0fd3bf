"""`/{language}/{topic}/{slug}`: one article, and the same with `.md` as Markdown."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from markupsafe import Markup

from app.errors import NotFound
from app.languages import TAGS
from app.web.context import PageOf
from app.web.help_center.structured import structured_data
from app.web.pages import Page
from app.web.reading import Reading, ReadingOf
from app.web.shelves import shelf_of

router = APIRouter(include_in_schema=False)

VOTES = ("yes", "no", "told")


@router.get("/{language}/{topic}/{slug}")
def article(page: PageOf, topic: str, slug: str, reading: ReadingOf, voted: str = "") -> Response:
    """The article in the reader's language, else along the fallback chain with a banner that says so.

    `voted` is where the vote form has got to; it changes words on the page and records nothing.
    """
    if slug.endswith(".md"):
        return _markdown(page, f"{topic}/{slug.removesuffix('.md')}", reading)
    return _page(page, reading, f"{topic}/{slug}", voted if voted in VOTES else None)


def _page(page: Page, reading: Reading, family: str, vote: str | None) -> HTMLResponse:
    indexed = reading.best(page.language, family)
    if indexed is None:
        raise NotFound
    shown, rendered = indexed.article, indexed.page.rendered
    translations = reading.translations(family)
    return page.render(
        "article.html",
        generation=reading.generation,
        paths={tag: f"/{tag}/{family}" for tag in TAGS},
        article=shown,
        shelf=shelf_of(shown.topic),
        body=Markup(_body(rendered.html, shown.language, page.language)),  # noqa: S704  # sanitised when the index was built
        contents=[entry for entry in rendered.contents if entry.level == 2],
        translations=[one.article.language for one in translations],
        is_fallback=shown.language != page.language,
        is_outdated=indexed.is_outdated_translation,
        is_overdue=shown.review_by is not None and shown.review_by < reading.today,
        related=reading.related(indexed, page.language),
        structured=structured_data(indexed, page.pages.public_url),
        vote=vote,
    )


def _markdown(page: Page, family: str, reading: Reading) -> Response:
    indexed = reading.best(page.language, family)
    if indexed is None:
        raise NotFound
    headers = {"x-index-generation": reading.generation, "content-language": indexed.article.language}
    text = f"# {indexed.article.title}\n\n{indexed.page.source.article.body.strip()}\n"
    return PlainTextResponse(text, headers=headers, media_type="text/markdown; charset=utf-8")


def _body(html: str, theirs: str, language: str) -> str:
    """The article's HTML. Inside a fallback, links to other articles keep the reader in their own language."""
    if theirs == language:
        return html
    return html.replace(f'<a href="/{theirs}/', f'<a href="/{language}/')
