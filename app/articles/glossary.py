"""The glossary of each language: words that mean the same to partners, `content/<language>/glossary.toml`.

An editor writes one `[[entry]]` for each thing: `term`, as the articles call it, and `synonyms`, as people call it. A question
that uses one of the words is then searched by the others, too. Optional: `english`, what it is called there, for articles
that exist in English only; `meaning`, a sentence for other editors.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.errors import ContentFault, ContentRefused
from app.languages import TAGS

GLOSSARY_FILE = "glossary.toml"
MAX_ENTRIES = 2_000
MAX_SYNONYMS = 40
MAX_PHRASE = 80
MAX_SENTENCE = 400
MAX_BYTES = 1 << 20
_KEYS = ("term", "synonyms", "english", "meaning")
_ENTRY = re.compile(r"^[ \t]*\[\[\s*entry\s*\]\]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Entry:
    """Phrases that mean the same; the first is the articles' own. `english` is empty where it is not said."""

    language: str
    phrases: tuple[str, ...]
    english: str

    @property
    def term(self) -> str:
        """What the articles say."""
        return self.phrases[0]


def read_glossaries(folder: Path) -> tuple[Entry, ...]:
    """The entries of all languages under a content folder, in order; `ContentRefused` names every fault."""
    faults: list[ContentFault] = []
    entries: list[Entry] = []
    for language in TAGS:
        path = folder / language / GLOSSARY_FILE
        if path.is_file():
            entries += _Reader(language, path, faults).entries()
    if faults:
        raise ContentRefused(faults)
    return tuple(entries)


class _Reader:
    """One file. Faults are collected with file, line and field."""

    def __init__(self, language: str, path: Path, faults: list[ContentFault]) -> None:
        self._language = language
        self._name = f"{language}/{GLOSSARY_FILE}"
        self._path = path
        self._faults = faults
        self._lines: list[int] = []
        self._claimed: dict[str, int] = {}

    def entries(self) -> list[Entry]:
        stored = self._stored()
        if stored is None:
            return []
        for key in stored.keys() - {"entry"}:
            self._fault(1, key, "there is no such key; entries stand below [[entry]]")
        listed = stored.get("entry", [])
        if not isinstance(listed, list) or len(listed) > MAX_ENTRIES:
            self._fault(1, "entry", f"must be at most {MAX_ENTRIES:,} tables [[entry]]")
            return []
        found = (self._entry(number, table) for number, table in enumerate(listed))
        return [one for one in found if one is not None]

    def _stored(self) -> dict[str, Any] | None:
        try:
            data = self._path.read_bytes()
            if len(data) > MAX_BYTES:
                self._fault(1, "", f"is larger than {MAX_BYTES:,} bytes")
                return None
            text = data.decode("utf-8")
            self._lines = [text.count("\n", 0, match.start()) + 1 for match in _ENTRY.finditer(text)]
            return tomllib.loads(text)
        except UnicodeDecodeError:
            self._fault(1, "", "is not UTF-8 text")
        except tomllib.TOMLDecodeError as fault:
            line = re.search(r"at line (\d+)", str(fault))
            self._fault(int(line[1]) if line else 1, "", f"not valid TOML: {fault}")
        except OSError as fault:
            self._fault(1, "", f"cannot be read: {fault.strerror}")
        return None

    def _entry(self, number: int, table: Any) -> Entry | None:
        line = self._lines[number] if number < len(self._lines) else 1
        if not isinstance(table, dict):
            self._fault(line, "entry", "must be a table [[entry]]")
            return None
        before = len(self._faults)
        for key in table.keys() - set(_KEYS):
            self._fault(line, key, f"there is no such key; there are {', '.join(_KEYS)}")
        for key in ("english", "meaning"):
            if not isinstance(table.get(key, ""), str) or len(table.get(key, "")) > MAX_SENTENCE:
                self._fault(line, key, f"must be words, at most {MAX_SENTENCE} characters")
        synonyms = table.get("synonyms")
        if not isinstance(synonyms, list) or not 1 <= len(synonyms) <= MAX_SYNONYMS:
            self._fault(line, "synonyms", f"must be a list of 1 to {MAX_SYNONYMS} phrases")
            synonyms = []
        phrases = tuple(self._phrases(line, table.get("term"), synonyms))
        return (
            Entry(self._language, phrases, table.get("english", "")) if len(self._faults) == before else None
        )

    def _phrases(self, line: int, term: Any, synonyms: list[Any]) -> Iterator[str]:
        for field, phrase in [("term", term), *(("synonyms", one) for one in synonyms)]:
            if not isinstance(phrase, str) or not phrase.strip() or len(phrase) > MAX_PHRASE:
                self._fault(line, field, f"needs words, at most {MAX_PHRASE} characters, not {phrase!r:.60}")
                continue
            said = " ".join(phrase.split())
            first = self._claimed.setdefault(said.casefold(), line)
            if first != line or (field == "synonyms" and said.casefold() == str(term).casefold()):
                self._fault(line, field, f"{said!r} stands already in the entry of line {first}")
            yield said

    def _fault(self, line: int, field: str, message: str) -> None:
        self._faults.append(ContentFault(self._name, line, field, message))
