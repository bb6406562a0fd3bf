"""The files of a content folder: which are articles, what each says, and every fault that shows in one file alone."""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from app.articles import front_matter, limits
from app.articles.article import Article, Video
from app.articles.blocks import BlockKind
from app.articles.front_matter import FrontMatter, VideoMatter
from app.articles.glossary import GLOSSARY_FILE
from app.articles.rendering import Markup, parse
from app.errors import ContentFault, ContentRefused
from app.languages import TAGS

MEDIA = "media"
MAX_SUMMARY = 200
_NO_ARTICLES = frozenset({"README.md", "glossary.toml"})
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_MAX_NAME = 80


@dataclass(frozen=True, slots=True)
class Source:
    """An article with what its file says about lines, the front matter's text and the line the body begins on, and with
    the addresses and pictures that its body names, as written."""

    article: Article
    head: str
    first_line: int
    links: tuple[str, ...]
    pictures: tuple[str, ...]

    def line_of(self, key: str) -> int:
        """The line (from 1) a key of the front matter stands on."""
        match = re.search(rf"^{re.escape(key)}\s*:", self.head, re.MULTILINE)
        return self.head.count("\n", 0, match.start()) + 2 if match else 2

    def line_saying(self, words: str) -> int:
        """The first line (from 1) of the body with these words."""
        place = self.article.body.find(words)
        return self.first_line + self.article.body.count("\n", 0, max(place, 0))


def read_sources(folder: Path, known: Mapping[str, Source]) -> tuple[list[Source], list[ContentFault]]:
    """Every readable article under `folder`, and the faults of the others and of the folder itself.

    A file that is byte for byte what the `known` source of its path was read from is not read again.
    """
    if not folder.is_dir():
        return [], [ContentFault(".", 1, "", f"there is no content folder at {folder}")]
    sources: list[Source] = []
    faults: list[ContentFault] = []
    for path in _files(folder, faults):
        try:
            sources.append(_source(folder, path, known.get(path)))
        except ContentRefused as refused:
            faults.extend(refused.faults)
    return sources, faults


def _files(folder: Path, faults: list[ContentFault]) -> Iterator[str]:
    """The paths `language/topic/slug.md`, sorted; what lies where no article can is a fault."""
    root = folder.resolve()
    for language in _entries(folder):
        if language == MEDIA or not (folder / language).is_dir():
            continue
        if language not in TAGS:
            faults.append(
                ContentFault(language, 1, "language", f"is none of the site's languages ({', '.join(TAGS)})")
            )
            continue
        for topic in _entries(folder / language):
            where = f"{language}/{topic}"
            if (folder / where).is_dir() and _is_name(topic):
                yield from _files_of_topic(root, where, faults)
            elif topic not in _NO_ARTICLES and topic != GLOSSARY_FILE:
                faults.append(ContentFault(where, 1, "topic", "must be a folder named like getting-started"))


def _files_of_topic(root: Path, where: str, faults: list[ContentFault]) -> Iterator[str]:
    # Asking the system where each of thousands of files really is takes longer than reading them.
    is_inside = (root / where).resolve() == root / where
    with os.scandir(root / where) as entries:
        found = sorted(
            (entry for entry in entries if not entry.name.startswith(".")), key=lambda one: one.name
        )
    for file in found:
        name, path = file.name, f"{where}/{file.name}"
        if name in _NO_ARTICLES:
            continue
        if not name.endswith(".md") or not _is_name(name.removesuffix(".md")):
            faults.append(ContentFault(path, 1, "slug", "must be a file named like charged-twice.md"))
        elif not file.is_file() or not (
            (is_inside and not file.is_symlink()) or Path(file.path).resolve().is_relative_to(root)
        ):
            faults.append(ContentFault(path, 1, "slug", "must be a file inside the content folder"))
        else:
            yield path


def _entries(folder: Path) -> list[str]:
    return sorted(name for name in os.listdir(folder) if not name.startswith("."))


def _is_name(text: str) -> bool:
    return len(text) <= _MAX_NAME and _NAME.fullmatch(text) is not None


def _source(folder: Path, path: str, known: Source | None) -> Source:
    content = _content(folder, path)
    digest = hashlib.sha256(content).hexdigest()
    # Which captions lie beside a video is not said in the article's file.
    if known and known.article.digest == digest and known.article.video is None:
        return known
    text = _decoded(path, content)
    matter, body, first_line = front_matter.read(path, text)
    head, _, _ = front_matter.split(path, text)
    if faults := limits.faults(path, body, first_line):
        raise ContentRefused(faults)
    if not body.strip():
        raise ContentRefused([ContentFault(path, first_line, "body", "is empty")])
    try:
        markup = parse(body)
    except RecursionError:
        raise ContentRefused([ContentFault(path, first_line, "body", "is nested too deeply")]) from None
    article = _article(folder, path, matter, body, markup, digest)
    return Source(article, head, first_line, markup.links, markup.pictures)


def _content(folder: Path, path: str) -> bytes:
    try:
        with open(os.path.join(folder, path), "rb") as file:
            content = file.read(limits.MAX_FILE_BYTES + 1)
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        raise ContentRefused([ContentFault(path, 1, "", message)]) from None
    if len(content) > limits.MAX_FILE_BYTES:
        raise ContentRefused([ContentFault(path, 1, "", f"is larger than {limits.MAX_FILE_BYTES:,} bytes")])
    return content


def _decoded(path: str, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ContentRefused([ContentFault(path, line, "", "is not UTF-8 text")]) from None


def _article(folder: Path, path: str, matter: FrontMatter, body: str, markup: Markup, digest: str) -> Article:
    language, topic, file = path.split("/")
    slug = file.removesuffix(".md")
    return Article(
        family=f"{topic}/{slug}",
        language=language,
        topic=topic,
        slug=slug,
        title=matter.title,
        kind=matter.kind,
        summary=matter.summary or _first_paragraph(markup),
        tags=matter.tags,
        questions=matter.questions,
        updated=matter.updated,
        revision=matter.revision,
        significance=matter.significance,
        last_major=matter.last_major_revision,
        translation_of=matter.translation_of,
        review_by=matter.review_by,
        owner=matter.owner,
        status=matter.status,
        related=matter.related,
        video=_video(folder, matter.video) if matter.video else None,
        body=body,
        path=path,
        digest=digest,
    )


def _first_paragraph(markup: Markup) -> str:
    text = next((block.text for block in markup.blocks if block.kind is BlockKind.TEXT), "").replace(
        "\n", " "
    )
    if len(text) <= MAX_SUMMARY:
        return text
    cut = text[:MAX_SUMMARY]
    return (cut.rsplit(" ", 1)[0] if " " in cut[MAX_SUMMARY // 2 :] else cut[:-1]) + "…"


def _video(folder: Path, matter: VideoMatter) -> Video:
    """The video, with the captions that lie beside it as `<name>.<language>.vtt` where the article names none."""
    stem = matter.file.rsplit(".", 1)[0]
    beside = {tag: f"{stem}.{tag}.vtt" for tag in TAGS if (folder / MEDIA / f"{stem}.{tag}.vtt").is_file()}
    return Video(
        file=matter.file,
        poster=matter.poster,
        duration=timedelta(seconds=matter.duration) if matter.duration is not None else None,
        captions=matter.captions or beside,
    )
