"""Templates to HTML: one environment a language, so that every word of the interface comes in the reader's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.languages import SITE_LANGUAGES, direction
from app.web.files import StaticFiles
from app.web.shelves import SHELVES, shelf_of
from app.wording import Wording

TEMPLATES = Path(__file__).parent / "templates"


class Pages:
    """Renders templates. `public_url` is the origin that absolute links begin with."""

    def __init__(self, wording: Wording, static: StaticFiles, public_url: str) -> None:
        self.wording, self.static, self.public_url = wording, static, public_url
        self._environments = {language.tag: self._environment(language.tag) for language in SITE_LANGUAGES}

    def html(self, template: str, language: str, values: Mapping[str, Any]) -> str:
        """The template in a language. Everything is escaped unless it is `Markup`."""
        return self._environments[language].get_template(template).render(values)

    def _environment(self, language: str) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        install = environment.install_gettext_translations  # type: ignore[attr-defined]  # from the extension
        install(self.wording.translations(language), newstyle=True)
        environment.globals |= {
            "language": language,
            "dir": direction(language),
            "direction": direction,
            "site_languages": SITE_LANGUAGES,
            "shelves": SHELVES,
            "static": self.static.url,
            "public_url": self.public_url,
        }
        environment.filters |= self._filters(language)
        return environment

    def _filters(self, language: str) -> dict[str, Any]:
        wording = self.wording

        def day(value: date) -> str:
            return wording.date(language, value)

        def moment(value: datetime, time_zone: str | None = None) -> str:
            return wording.moment(language, value, time_zone)

        def shelf_name(topic: str) -> str:
            return wording.text(language, shelf_of(topic).name)

        return {"day": day, "moment": moment, "shelf_name": shelf_name, "without_empty": _without_empty}


@dataclass(frozen=True, slots=True)
class Page:
    """One answer to one reader: knows the request, the language, and the page's address in other languages."""

    pages: Pages
    request: Request
    language: str

    def render(
        self,
        template: str,
        *,
        status: int = 200,
        generation: str | None = None,
        paths: Mapping[str, str] | None = None,
        **values: Any,
    ) -> HTMLResponse:
        """The page. `paths` maps language tags to this page's address in them (default: same path, other tag)."""
        headers = {"content-language": self.language, "vary": "accept-language"}
        if generation is not None:
            headers["x-index-generation"] = generation
        common = {
            "path": self.request.url.path,
            "paths": self.own_paths() if paths is None else paths,
            "nonce": self.request.scope.get("state", {}).get("nonce", ""),
            "generation": generation,
            "query": "",
        }
        return HTMLResponse(self.pages.html(template, self.language, common | values), status, headers)

    def text(self, english: str, /, **values: object) -> str:
        """Words made in Python, in the page's language (mark the literal with `N_` or call `wording.text`)."""
        return self.pages.wording.text(self.language, english, **values)

    def own_paths(self) -> dict[str, str]:
        """This address in every language: another first segment, or `?language=` where the path has none."""
        url = self.request.url
        first, rest = url.path.lstrip("/").partition("/")[0], url.path.lstrip("/").partition("/")[2]
        if any(first == language.tag for language in SITE_LANGUAGES):
            query = f"?{url.query}" if url.query else ""
            return {language.tag: f"/{language.tag}/{rest}{query}" for language in SITE_LANGUAGES}
        return {
            language.tag: str(url.include_query_params(language=language.tag).replace(scheme="", netloc=""))
            for language in SITE_LANGUAGES
        }


def _without_empty(values: Mapping[str, str]) -> dict[str, str]:
    """The pairs that say something: for the query part of an address."""
    return {name: value for name, value in values.items() if value}
