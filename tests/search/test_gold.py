"""Gold questions: read as they are written, and every bad line named at once."""

from pathlib import Path

import pytest

from app.errors import ContentRefused
from app.search.gold import GoldQuestion, read_questions


def test_gold_questions_are_read_with_their_split(tmp_path: Path) -> None:
    (tmp_path / "en.tsv").write_text(
        'split\tquestion\tanswer\tnote\ntuning\twhat "is" acos\tperformance/acos\tplain\ncheck\tbitcoin?\tnone\t\n',
        "utf-8",
    )
    (tmp_path / "ja.tsv").write_text(
        "split\tquestion\tanswer\tnote\ncheck\t返金は\tbilling/refund\n", "utf-8"
    )
    assert read_questions(tmp_path) == (
        GoldQuestion("en", "tuning", 'what "is" acos', "performance/acos", "plain"),
        GoldQuestion("en", "check", "bitcoin?", None, ""),
        GoldQuestion("ja", "check", "返金は", "billing/refund", ""),
    )
    assert [one.split for one in read_questions(tmp_path, "check")] == ["check", "check"]
    assert read_questions(tmp_path / "nowhere") == ()


def test_every_bad_line_of_gold_questions_is_named(tmp_path: Path) -> None:
    (tmp_path / "de.tsv").write_text(
        "split\tfrage\nlater\tx\ty\t\ntuning\t\tnone\t\ntuning\ta\tb\tc\td\n", "utf-8"
    )
    with pytest.raises(ContentRefused) as refused:
        read_questions(tmp_path)
    assert [(fault.path, fault.line) for fault in refused.value.faults] == [
        ("de.tsv", at) for at in (1, 2, 3, 4)
    ]
