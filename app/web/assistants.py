"""For machines that read the site: `/llms.txt`, `/sitemap.xml` with hreflang, `/robots.txt`."""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response

from app.languages import DEFAULT, TAGS
from app.web.context import ServicesOf
from app.web.reading import Reading, ReadingOf
from app.web.shelves import shelf_of

router = APIRouter(include_in_schema=False)

_URLSET = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">\n'
)


@router.get("/sitemap.xml")
def sitemap(services: ServicesOf, reading: ReadingOf) -> Response:
    """Every page that exists in its own right: fallbacks are not listed, their originals are."""
    origin = services.settings.public_url
    pages = [*_shelf_pages(reading), *_article_pages(reading)]
    body = "".join(_entries(origin, pages))
    headers = {"x-index-generation": reading.generation}
    return Response(f"{_URLSET}{body}</urlset>\n", media_type="application/xml", headers=headers)


@router.get("/llms.txt")
def llms(services: ServicesOf, reading: ReadingOf) -> PlainTextResponse:
    """The site for language models (llmstxt.org): what it is, and every English article with its Markdown."""
    origin = services.settings.public_url
    lines = [
        "# Handrail help centre",
        "",
        "> Help for partners who advertise and sell on a marketplace. Sample content, not affiliated with any company.",
        "",
        f"Articles exist in {', '.join(TAGS)}: replace `/en/` in an address; `.md` gives Markdown. "
        f"Search: {origin}/api/search?q=…&language=en",
    ]
    for topic in reading.topics():
        shelf = [one.article for one in reading.shelf(DEFAULT, topic)]
        lines += ["", f"## {shelf_of(topic).name}", ""] if shelf else []
        lines += [
            f"- [{_one_line(one.title)}]({origin}{one.url}.md): {_one_line(one.summary)}" for one in shelf
        ]
    headers = {"x-index-generation": reading.generation}
    return PlainTextResponse("\n".join(lines) + "\n", headers=headers)


@router.get("/robots.txt")
def robots(services: ServicesOf) -> PlainTextResponse:
    """Everything may be read but what is one person's or the staff's."""
    private = ("/api/", "/tickets/", "/workspace", "/sign-in", "/*/search", "/*/chat")
    rules = "".join(f"Disallow: {path}\n" for path in private)
    return PlainTextResponse(f"User-agent: *\n{rules}Sitemap: {services.settings.public_url}/sitemap.xml\n")


# One page in all its languages: language → (path, day of the last change or None).
Translations = dict[str, tuple[str, str | None]]


def _shelf_pages(reading: Reading) -> Iterator[Translations]:
    yield {tag: (f"/{tag}/", None) for tag in TAGS}
    for topic in reading.topics():
        if reading.shelf(DEFAULT, topic):
            yield {tag: (f"/{tag}/{topic}/", None) for tag in TAGS}


def _article_pages(reading: Reading) -> Iterator[Translations]:
    for family in reading.families():
        yield {
            one.article.language: (
                one.article.url,
                one.article.updated.isoformat() if one.article.updated else None,
            )
            for one in reading.translations(family)
        }


def _entries(origin: str, pages: list[Translations]) -> Iterator[str]:
    for translations in pages:
        links = "".join(
            f'<xhtml:link rel="alternate" hreflang="{tag}" href={quoteattr(origin + path)}/>'
            for tag, (path, _) in translations.items()
        )
        for path, changed in translations.values():
            lastmod = f"<lastmod>{changed}</lastmod>" if changed else ""
            yield f"<url><loc>{escape(origin + path)}</loc>{lastmod}{links}</url>\n"


def _one_line(text: str) -> str:
    """Titles are one line of Markdown: no breaks, and brackets that close nothing."""
    return " ".join(text.split()).replace("[", "(").replace("]", ")")
