"""Faults that only show when articles are seen together: names taken twice, and things named that do not exist."""

import os
from collections.abc import Iterator, Sequence
from glob import glob
from pathlib import Path

from app.articles.article import Video
from app.articles.rendering import linked_article
from app.articles.sanitizing import picture_address
from app.articles.sources import MEDIA, Source
from app.errors import ContentFault
from app.languages import DEFAULT, TAGS


def inconsistencies(folder: Path, sources: Sequence[Source]) -> list[ContentFault]:
    """Every fault between the articles of one folder. `sources` are those that could be read."""
    # An article with a fault of its own still has its name, so that links to it are not reported as well.
    families = {source.article.family for source in sources} | _families_on_disk(folder)
    faults: list[ContentFault] = [
        *_slugs_taken_twice(sources),
        *_questions_taken_twice(sources),
        *_translations(folder, sources),
    ]
    for source in sources:
        faults.extend(_related(source, families))
        faults.extend(_links(source, families))
        faults.extend(_media(folder, source))
    return faults


def _families_on_disk(folder: Path) -> set[str]:
    found = (path for tag in TAGS for path in glob("*/*.md", root_dir=folder / tag))
    return {path.replace(os.sep, "/").removesuffix(".md") for path in found}


def _slugs_taken_twice(sources: Sequence[Source]) -> Iterator[ContentFault]:
    """A slug names one article of a language, whatever its shelf: people move articles and remember slugs."""
    first: dict[tuple[str, str], str] = {}
    for source in sources:
        article = source.article
        other = first.setdefault((article.language, article.slug), article.path)
        if other != article.path:
            yield ContentFault(article.path, 1, "slug", f"is taken already by {other}")


def _questions_taken_twice(sources: Sequence[Source]) -> Iterator[ContentFault]:
    """A question that two articles of a language claim would help neither to be found."""
    first: dict[tuple[str, str], str] = {}
    for source in sources:
        article = source.article
        for question in article.questions:
            path = first.setdefault((article.language, " ".join(question.casefold().split())), article.path)
            if path != article.path:
                line = source.line_of("questions")
                yield ContentFault(
                    article.path, line, "questions", f"{question!r} is a question of {path} already"
                )


def _translations(folder: Path, sources: Sequence[Source]) -> Iterator[ContentFault]:
    english = {s.article.family: s.article for s in sources if s.article.language == DEFAULT}
    for source in sources:
        article = source.article
        if article.translation_of is None:
            continue
        if article.language == DEFAULT:
            message = "stands in translations only"
        elif (original := english.get(article.family)) is None:
            if (folder / DEFAULT / f"{article.family}.md").is_file():
                continue  # it has faults of its own, which are reported where they are
            message = f"there is no {DEFAULT}/{article.family}.md that could be translated"
        elif article.translation_of > original.revision:
            message = f"is newer than the English article, which has revision {original.revision}"
        else:
            continue
        yield ContentFault(article.path, source.line_of("translation_of"), "translation_of", message)


def _related(source: Source, families: set[str]) -> Iterator[ContentFault]:
    for family in source.article.related:
        if family not in families:
            yield ContentFault(
                source.article.path, source.line_of("related"), "related", f"there is no article {family}"
            )
        elif family == source.article.family:
            yield ContentFault(
                source.article.path, source.line_of("related"), "related", "names the article itself"
            )


def _links(source: Source, families: set[str]) -> Iterator[ContentFault]:
    path = source.article.path
    for address in source.links:
        if ".md" not in address or "//" in address:
            continue
        target = linked_article(path, address)
        if target is None or target[0][1] not in families or target[0][0] not in TAGS:
            yield ContentFault(path, source.line_saying(address), "link", f"{address} leads to no article")


def _media(folder: Path, source: Source) -> Iterator[ContentFault]:
    path = source.article.path
    if video := source.article.video:
        for name in _files_of(video):
            if not (folder / MEDIA / name).is_file():
                yield ContentFault(path, source.line_of("video"), "video", f"there is no file {MEDIA}/{name}")
    for picture in source.pictures:
        address = picture_address(picture)
        if address and not (folder / address.lstrip("/")).is_file():
            yield ContentFault(
                path, source.line_saying(picture), "picture", f"there is no file {address.lstrip('/')}"
            )


def _files_of(video: Video) -> Iterator[str]:
    yield video.file
    if video.poster:
        yield video.poster
    yield from video.captions.values()
