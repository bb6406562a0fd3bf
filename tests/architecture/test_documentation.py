"""What is offered is documented: every setting and every command has its line in `docs/`."""

from pathlib import Path

import pytest
import typer.main
from click import Command, Group

from app.cli import cli
from app.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("field", sorted(Settings.model_fields))
def test_every_setting_is_documented(field: str) -> None:
    assert f"`HANDRAIL_{field.upper()}`" in (DOCS / "settings.md").read_text(encoding="utf-8")


def test_no_setting_is_documented_that_does_not_exist() -> None:
    names = {f"HANDRAIL_{field.upper()}" for field in Settings.model_fields}
    rows = (DOCS / "settings.md").read_text(encoding="utf-8").splitlines()
    assert {row.split("`")[1] for row in rows if row.startswith("| `HANDRAIL_")} == names


def test_every_command_is_documented() -> None:
    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    missing = [name for name in command_names(typer.main.get_command(cli)) if f"`handrail {name}" not in text]
    assert missing == []


def command_names(command: Command, prefix: str = "") -> list[str]:
    if not isinstance(command, Group):
        return [prefix.strip()]
    return [
        found
        for name, sub in command.commands.items()
        for found in command_names(sub, f"{prefix} {name}".strip())
    ]
