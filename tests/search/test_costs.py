"""Costs are data that people edit: a good file is read, a bad one is refused with file and field (issue 3, section 3)."""

from pathlib import Path

import pytest

from app.errors import SettingRefused
from app.search.costs import COSTS, Cost, read_costs

GOOD = """
expected_unanswerable = 0.2
[plain]
unanswerable = 8
other_article = 2.5
[hedged]
unanswerable = 0
other_article = 1.0
"""


def _file(folder: Path, text: str) -> Path:
    path = folder / "costs.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_read_as_it_says(tmp_path: Path) -> None:
    costs = read_costs(_file(tmp_path, GOOD))
    assert costs.expected_unanswerable == 0.2
    assert (costs.plain, costs.hedged) == (Cost(8.0, 2.5), Cost(0.0, 1.0))


def test_a_wrong_confident_answer_costs_five_handoffs() -> None:
    assert read_costs(COSTS).plain.unanswerable == 5


@pytest.mark.parametrize(
    ("written", "instead", "sentence"),
    [
        ("= 8", "= -8", "plain.unanswerable: must be 0 or more, not -8."),
        ("= 8", "= nan", "plain.unanswerable: must be 0 or more, not nan."),
        ("= 8", "= true", "plain.unanswerable: must be a number, not True."),
        ("= 8", '= "much"', "plain.unanswerable: must be a number, not 'much'."),
        ("other_article = 2.5", "", "plain.other_article: is missing."),
        ("[hedged]", "[hedge]", "hedge: is not known; there are expected_unanswerable, plain, hedged."),
        ("other_article = 1.0", "other = 1\nother_article = 1", "hedged.other: is not known"),
        ("= 0.2", "= 1", "expected_unanswerable: must be between 0 and 1, not 1."),
        ("[plain]", "plain = 3\n[plains]", "plains: is not known"),
        ("= 0.2", "= ", "cannot be read"),
    ],
)
def test_a_bad_value_is_refused_with_file_and_field(
    tmp_path: Path, written: str, instead: str, sentence: str
) -> None:
    path = _file(tmp_path, GOOD.replace(written, instead))
    with pytest.raises(SettingRefused) as refused:
        read_costs(path)
    assert refused.value.detail.startswith(f"{path}: ")
    assert sentence in refused.value.detail


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingRefused, match=r"costs\.toml: cannot be read"):
        read_costs(tmp_path / "costs.toml")
