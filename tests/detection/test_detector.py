"""The detector says what the library says from which it was made, about texts of every language and about noise."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier
from py3langid.modelio import load_model

from app.detection.detector import NOTHING_KNOWN, Detector, detector
from app.languages import DETECTED

CONTENT = Path(__file__).parents[2] / "content"
SMALL = 1e-3  # log-odds; the margin by which a language is believed is 6


@pytest.fixture(scope="module")
def library() -> LanguageIdentifier:
    """py3langid itself, restricted to the site's languages."""
    table, priors, names, moves, rows, features = load_model(MODEL_DIR / MODEL_FILE)
    mine = [at for at, name in enumerate(names) if name in DETECTED]
    ours = table[:, mine].astype(np.float32)
    return LanguageIdentifier(ours, priors[mine], [names[at] for at in mine], moves, features, tk_row=rows)


def _paragraphs() -> list[str]:
    files = sorted(CONTENT.glob("*/*/*.md"))
    return [text for file in files for text in file.read_text(encoding="utf-8").splitlines() if text.strip()]


def test_every_paragraph_of_the_articles_is_judged_as_the_library_judges_it(
    library: LanguageIdentifier,
) -> None:
    paragraphs = _paragraphs()[::7]
    assert len(paragraphs) > 1000
    for text in (one.casefold() for one in paragraphs):
        assert detector().scores(text) == pytest.approx(dict(library.rank(text)), abs=SMALL, rel=1e-5), text


@given(text=st.text(max_size=60))
def test_any_text_is_judged_as_the_library_judges_it(library: LanguageIdentifier, text: str) -> None:
    text = text.casefold()
    if text.isupper():  # signs without a small form, which the library tries to lower once more
        text = text.lower()
    assert detector().scores(text) == pytest.approx(dict(library.rank(text)), abs=SMALL, rel=1e-5)


@pytest.mark.parametrize("text", ["", "\x00"])
def test_a_text_without_a_known_sequence_is_in_no_language_more_than_in_another(text: str) -> None:
    assert set(detector().scores(text).values()) == {NOTHING_KNOWN}


def test_half_a_character_does_not_stop_it() -> None:
    assert detector().scores("\ud83d refund").keys() == {*DETECTED}


def test_it_knows_every_language_of_the_site() -> None:
    assert {*Detector.load().languages} == {*DETECTED}
