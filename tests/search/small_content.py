"""A small content folder for tests: a few articles, each with a few sections, written where a test wants them."""

from collections.abc import Sequence
from pathlib import Path

SECTIONS = ("When does it happen?", "What can you do?", "Whom can you ask?")


def write_article(
    content: Path, address: str, *, words: str = "", sections: Sequence[str] = SECTIONS, front: str = ""
) -> Path:
    """Writes the article `language/topic/slug`; `words` go into every section, `front` into the front matter."""
    path = content / f"{address}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    name = address.rpartition("/")[2]
    body = "\n\n".join(f"## {heading}\n\nAbout {name}: {heading.lower()} {words}" for heading in sections)
    path.write_text(
        f"---\ntitle: The {name} page\nkind: faq\n{front}---\n\nThis is {name}. {words}\n\n{body}\n", "utf-8"
    )
    return path


def write_content(content: Path, *, words: str = "", articles: int = 3) -> Path:
    """`articles` English articles in one topic, and a Spanish translation of the first."""
    for number in range(articles):
        write_article(content, f"en/billing/refund-{number}", words=words)
    write_article(content, "es/billing/refund-0", words=f"{words} reembolso", front="translation_of: 1\n")
    return content
