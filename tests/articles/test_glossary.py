"""The glossary: what an editor writes, and what is refused with file, line and field."""

from pathlib import Path

import pytest

from app.articles.glossary import Entry, read_glossaries
from app.errors import ContentRefused
from app.languages import TAGS

SHIPPED = Path(__file__).parents[2] / "content"


def _write(folder: Path, text: str, language: str = "de") -> Path:
    (folder / language).mkdir(parents=True, exist_ok=True)
    (folder / language / "glossary.toml").write_text(text, encoding="utf-8")
    return folder


def test_an_entry_has_a_term_its_synonyms_and_its_english_name(tmp_path: Path) -> None:
    _write(tmp_path, '[[entry]]\nterm = "Erstattung"\nsynonyms = ["Geld  zurück"]\nenglish = "refund"\n')
    assert read_glossaries(tmp_path) == (Entry("de", ("Erstattung", "Geld zurück"), "refund"),)
    assert read_glossaries(tmp_path / "nowhere") == ()


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ('[[entry]]\nterm = "a"\nsynonyms = ["b"]\nsynonims = []\n', 1, "synonims"),
        ('other = 1\n[[entry]]\nterm = "a"\nsynonyms = ["b"]\n', 1, "other"),
        ('\n[[entry]]\nterm = ""\nsynonyms = ["b"]\n', 2, "term"),
        ('[[entry]]\nterm = "a"\nsynonyms = []\n', 1, "synonyms"),
        ('[[entry]]\nterm = "a"\nsynonyms = [7]\n', 1, "synonyms"),
        ('[[entry]]\nterm = "a"\nsynonyms = ["A"]\n', 1, "synonyms"),
        (
            '[[entry]]\nterm = "a"\nsynonyms = ["b"]\n\n[[entry]]\nterm = "c"\nsynonyms = ["B"]\n',
            5,
            "synonyms",
        ),
        ('[[entry]]\nterm = "a"\nsynonyms = ["b"]\nenglish = 3\n', 1, "english"),
        ('[[entry]]\nterm = "a"\nsynonyms = ["b"\n\nx', 5, ""),
        (f'[[entry]]\nterm = "{"a" * 81}"\nsynonyms = ["b"]\n', 1, "term"),
    ],
)
def test_a_fault_is_named_with_file_line_and_field(text: str, line: int, field: str, tmp_path: Path) -> None:
    """§4 of the promises, the row on front matter, in the same spirit."""
    with pytest.raises(ContentRefused) as refused:
        read_glossaries(_write(tmp_path, text))
    fault = refused.value.faults[0]
    assert (fault.path, fault.line, fault.field) == ("de/glossary.toml", line, field)


def test_every_language_of_the_site_ships_a_glossary() -> None:
    """R1.9: options for every language."""
    entries = read_glossaries(SHIPPED)
    for tag in TAGS:
        mine = [one for one in entries if one.language == tag]
        assert len(mine) >= 30
        assert all(one.english for one in mine) == (tag != "en")
