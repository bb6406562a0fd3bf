"""A small content folder on disk for tests, written one article at a time."""

from dataclasses import dataclass, field
from pathlib import Path

from app.articles.article import Article
from app.articles.library import Library, read_library

BODY = "Open the page and read it.\n\n## What now?\n\nPress the button.\n"


def text(*, title: str = "A title", kind: str = "faq", body: str = BODY, **keys: object) -> str:
    """An article's file; `keys` are further front-matter keys, written as they are."""
    head = "".join(f"{key}: {value}\n" for key, value in keys.items())
    return f'---\ntitle: "{title}"\nkind: {kind}\n{head}---\n{body}'


@dataclass
class ContentFolder:
    """Writes articles below `root`, which is the content folder."""

    root: Path
    written: list[str] = field(default_factory=list)

    def write(self, path: str, content: str | bytes | None = None, **keys: object) -> Path:
        """Writes `path` (without `.md` for articles); `content` replaces the whole file."""
        full = self.root / (path if "." in path.rsplit("/", 1)[-1] else f"{path}.md")
        full.parent.mkdir(parents=True, exist_ok=True)
        raw = content if content is not None else text(**keys)  # type: ignore[arg-type]
        full.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
        self.written.append(path)
        return full

    def read(self) -> Library:
        return read_library(self.root)


def article(
    body: str, *, language: str = "en", title: str = "A title", family: str = "billing/example"
) -> Article:
    """An article with this body, read as the library reads it."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        content = ContentFolder(Path(folder))
        content.write(f"{language}/{family}", title=title, body=body)
        found = content.read().get(language, family)
    assert found
    return found
