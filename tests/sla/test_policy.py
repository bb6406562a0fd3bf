"""The promises are data, and no file that breaks R2.2 is accepted."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.errors import SettingRefused
from app.sla.policy import Priority, read_policies

WHOLE = '[first_response]\nurgent = "30m"\nhigh = "2h"\nnormal = "24h"\nlow = "24h"\n'


def _file(folder: Path, text: str) -> Path:
    path = folder / "policies.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_promises_keep_r22() -> None:
    """R2.2: an answer within 24 hours; the pressing ones sooner."""
    targets = read_policies().first_response
    assert list(targets) == list(Priority)
    assert max(targets.values()) <= timedelta(hours=24)
    assert targets[Priority.URGENT] < targets[Priority.HIGH] < targets[Priority.NORMAL]


def test_minutes_and_hours_are_read(tmp_path: Path) -> None:
    targets = read_policies(_file(tmp_path, WHOLE)).first_response
    assert targets[Priority.URGENT] == timedelta(minutes=30)
    assert targets[Priority.LOW] == timedelta(hours=24)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "first_response"),
        ("first_response = 3", "first_response"),
        (WHOLE.replace('"24h"', '"25h"'), "first_response.normal"),
        (WHOLE.replace('"30m"', '"0m"'), "first_response.urgent"),
        (WHOLE.replace('"30m"', '"-1h"'), "first_response.urgent"),
        (WHOLE.replace('"30m"', "30"), "first_response.urgent"),
        (WHOLE.replace('"30m"', '"3h"'), "first_response.urgent: must not be longer than high"),
        (WHOLE.replace("low", "lowest"), "first_response.low"),
        (WHOLE + 'calm = "1h"\n', "first_response.calm"),
        (WHOLE + "[resolution]\n", "resolution"),
        ("[first_response", "cannot be read"),
    ],
)
def test_faults_name_file_and_key(tmp_path: Path, text: str, key: str) -> None:
    path = _file(tmp_path, text)
    with pytest.raises(SettingRefused) as refused:
        read_policies(path)
    assert refused.value.detail.startswith(f"{path}: {key}")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingRefused, match=r"nowhere\.toml"):
        read_policies(tmp_path / "nowhere.toml")
