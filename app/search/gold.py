"""Gold questions: questions whose right family, or "none", is known. One file a language: `<folder>/<tag>.tsv`."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.errors import ContentFault, ContentRefused
from app.languages import TAGS

Split = Literal["tuning", "check", "blind"]
SPLITS: tuple[Split, ...] = ("tuning", "check", "blind")
COLUMNS = ("split", "question", "answer", "note")
NONE = "none"
# How a note begins that says: this has nothing to do with what the articles are about.
FAR = "far"


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """`family` is the one that answers, or None when no article does. `language` is that of the page it is asked on."""

    language: str
    split: Split
    text: str
    family: str | None
    note: str = ""

    @property
    def is_absurd(self) -> bool:
        """Nothing answers it, and nobody would think so; otherwise a question without an answer is a near miss."""
        return self.family is None and self.note.startswith(FAR)


def read_questions(folder: Path, split: Split | None = None) -> tuple[GoldQuestion, ...]:
    """The gold questions in `folder`, of one split or of all; `ContentRefused` names every bad line.

    Curves and weights are fitted on `tuning` only; `check` is for saying how good they are, and `blind` says it once more
    with questions that nobody has looked at with the search. Those that somebody has chosen by belong to `tuning` from then on.
    """
    faults: list[ContentFault] = []
    questions = [
        question
        for tag in TAGS
        if (path := folder / f"{tag}.tsv").is_file()
        for question in _read(path, tag, faults)
        if split in (None, question.split)
    ]
    if faults:
        raise ContentRefused(faults)
    return tuple(questions)


def _read(path: Path, language: str, faults: list[ContentFault]) -> list[GoldQuestion]:
    lines = csv.reader(path.read_text(encoding="utf-8").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    questions = []
    for number, cells in enumerate(lines, start=1):
        if number == 1:
            if tuple(cells) != COLUMNS:
                faults.append(ContentFault(path.name, 1, "", f"the first line must be {', '.join(COLUMNS)}"))
        elif question := _question(language, cells):
            questions.append(question)
        else:
            faults.append(
                ContentFault(path.name, number, "", "needs split, question, answer, and a note or not")
            )
    return questions


def _question(language: str, cells: list[str]) -> GoldQuestion | None:
    split, text, answer, note, *rest = [*(cell.strip() for cell in cells), "", "", "", ""]
    if split not in SPLITS or not text or not answer or any(rest):
        return None
    return GoldQuestion(language, split, text, None if answer == NONE else answer, note)
