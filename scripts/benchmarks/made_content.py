"""A content folder of any size out of the parallel help texts: `made_content.py DATA FOLDER --passages 10000`.

Every document with sections in a language becomes an article of up to five of them; sections keep their headings. Questions
are headings of sections that did not become passages. With `--in-one` all articles are filed under English, English ones first:
then every passage is in question for every reader, as in a plain vector store. The same arguments give the same bytes.
"""

import argparse
import lzma
import random
import re
import textwrap
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from app.languages import DEFAULT, TAGS, normalize

SECTIONS_AN_ARTICLE = 5
# Languages that are not the site's, for the largest folders.
FURTHER = ("nl", "sv", "cs", "ru", "it")
SHORTEST, LONGEST = 80, 900  # characters of a section
TOPICS = (
    "account-health", "billing", "campaigns", "claims-and-disputes", "contacting-support", "getting-started",
    "orders-and-returns", "performance",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Section:
    """One help section; `language` is a tag of the site, or as the data have it."""

    language: str
    document: str
    title: str
    heading: str
    body: str


def read_sections(data: Path, languages: tuple[str, ...]) -> list[Section]:
    """Sections of fitting length with a heading, in the order of the file."""
    sections = []
    with lzma.open(data / "sections/sections.tsv.xz", "rt", encoding="utf-8") as file:
        for line in file:
            language, document, _, title, heading, body = line.rstrip("\n").split("\t")[:6]
            tag = normalize(language) or language
            if tag in languages and len(body) >= SHORTEST and 3 < len(heading) < 120:
                sections.append(Section(tag, document, title or heading, heading, body[:LONGEST]))
    return sections


def write_in_one(data: Path, folder: Path, passages: int) -> list[tuple[str, str]]:
    """Writes about `passages` sections as articles under English, of other languages only what English has not enough for."""
    questions: list[tuple[str, str]] = []
    number = written = 0
    for language in (*TAGS, *FURTHER):
        by_document: dict[str, list[Section]] = defaultdict(list)
        for section in read_sections(data, (language,)):
            by_document[section.document].append(section)
        groups = list(_articles(list(by_document.values())))
        random.Random(0).shuffle(groups)  # noqa: S311  # no secret
        # A tenth is kept back for questions.
        for group in groups[: len(groups) * 9 // 10]:
            if written < passages:
                _write(folder, number, [replace(one, language=DEFAULT) for one in group])
                number, written = number + 1, written + len(group)
        questions += ((DEFAULT, one.heading) for group in groups[len(groups) * 9 // 10 :] for one in group)
        if written >= passages:
            return questions
    raise SystemExit(f"There are only {written} sections, not {passages}.")


def write_content(
    data: Path, folder: Path, passages: int, languages: tuple[str, ...]
) -> list[tuple[str, str]]:
    """Writes about `passages` sections as articles, equally many in each language; returns (language, question) pairs."""
    by_document: dict[tuple[str, str], list[Section]] = defaultdict(list)
    for section in read_sections(data, languages):
        by_document[section.language, section.document].append(section)
    questions: list[tuple[str, str]] = []
    for language in languages:
        groups = list(_articles([group for (tag, _), group in by_document.items() if tag == language]))
        random.Random(0).shuffle(groups)  # noqa: S311  # no secret
        wanted, written = passages // len(languages), 0
        for number, group in enumerate(groups):
            if written < wanted:
                _write(folder, number, group)
                written += len(group)
            else:
                questions += ((language, one.heading) for one in group)
        if written < wanted:
            raise SystemExit(f"There are only {written} sections in {language}, not {wanted}.")
    return questions


def _articles(documents: list[list[Section]]) -> Iterator[list[Section]]:
    for sections in documents:
        for at in range(0, len(sections), SECTIONS_AN_ARTICLE):
            yield sections[at : at + SECTIONS_AN_ARTICLE]


def _write(folder: Path, number: int, sections: list[Section]) -> None:
    first = sections[0]
    path = folder / first.language / TOPICS[number % len(TOPICS)] / f"made-{number:06d}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    title = _plain(first.title)[:100]
    head = f'---\ntitle: "{title}"\nkind: faq\nupdated: 2026-11-20\n---\n'
    parts = [f"## {_plain(one.heading)}\n\n{_paragraph(one.body)}\n" for one in sections]
    path.write_text(head + "\n" + "\n".join(parts), encoding="utf-8")


def _plain(text: str) -> str:
    """Text without what Markdown, HTML or YAML would read as theirs."""
    return " ".join(re.sub(r"[<>\[\]{}\\`*_#|\"$~!&^:=+@%-]", " ", text).split()) or "Untitled"


def _paragraph(text: str) -> str:
    return "\n".join(textwrap.wrap(re.sub(r"^(\d+)[.)]", r"\1", _plain(text)), 110)) or "Nothing."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--languages", nargs="+", default=["en"], choices=TAGS)
    parser.add_argument(
        "--in-one", action="store_true", help="all under English, whatever they are written in"
    )
    options = parser.parse_args()
    if options.in_one:
        questions = write_in_one(options.data, options.folder, options.passages)
    else:
        questions = write_content(options.data, options.folder, options.passages, tuple(options.languages))
    with (options.folder / "questions.tsv").open("w", encoding="utf-8") as file:
        file.writelines(f"{language}\t{question}\n" for language, question in questions)


if __name__ == "__main__":
    main()
