"""Every setting of the process, read once from the environment (`HANDRAIL_…`).

Each has a default that works on one machine. A wrong value stops the start with one sentence naming it.
"""

import os
import secrets
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.errors import SettingRefused

_SWITCHES = ("on", "off", "true", "false", "yes", "no", "1", "0")
PROJECT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """The settings. Paths are absolute after validation; a relative one starts where the command does."""

    model_config = SettingsConfigDict(env_prefix="HANDRAIL_", extra="ignore", frozen=True)

    database_url: str = ""
    data_dir: Path = PROJECT / "var"
    index_dir: Path = PROJECT / "index"
    content_dir: Path = PROJECT / "content"
    questions_dir: Path = PROJECT / "tests/quality/questions"
    encoder: str = "bundled"
    clock_file: Path | None = None
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    public_url: str = "http://127.0.0.1:8000"
    secret_key: str = ""
    rate_limits: bool = True
    handoff: Literal["open", "offer"] = "open"
    contact_email: str = ""
    contact_phone: str = ""
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info")

    @field_validator("data_dir", "index_dir", "content_dir", "questions_dir", "clock_file")
    @classmethod
    def _absolute_path(cls, path: Path | None) -> Path | None:
        return None if path is None else path.expanduser().resolve()

    @field_validator("rate_limits", mode="before")
    @classmethod
    def _on_or_off(cls, value: object) -> object:
        if isinstance(value, str) and value.strip().lower() not in _SWITCHES:
            raise ValueError("say on or off")
        return value.strip().lower() if isinstance(value, str) else value

    @field_validator("encoder")
    @classmethod
    def _some_encoder(cls, spec: str) -> str:
        if not spec.strip():
            raise ValueError("name an encoder, or leave it unset for 'bundled'")
        return spec.strip()

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("public_url")
    @classmethod
    def _absolute(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")) or len(url.split("/")) < 3 or not url.split("/")[2]:
            raise ValueError("must be an absolute http(s) address such as https://help.example")
        return url.rstrip("/")

    @property
    def database(self) -> str:
        """The SQLAlchemy URL: as given, else a SQLite file in the data folder."""
        return self.database_url or f"sqlite:///{self.data_dir / 'handrail.sqlite3'}"


def read_settings(**overrides: object) -> Settings:
    """The settings from the environment; `SettingRefused` names the variable that is wrong."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # checked by pydantic itself
    except ValidationError as error:
        first = error.errors()[0]
        name = f"HANDRAIL_{str(first['loc'][0]).upper()}"
        message = first["msg"].removeprefix("Value error, ")
        raise SettingRefused(f"{name} has a wrong value ({first['input']!r}): {message}.") from None


def secret_key(settings: Settings) -> bytes:
    """The key that signs links: as set, else made once and kept in the data folder, readable by its owner only."""
    if settings.secret_key:
        return settings.secret_key.encode()
    path = settings.data_dir / "secret_key"
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes().strip()
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_urlsafe(48).encode())
        file.flush()
        os.fsync(file.fileno())
    return path.read_bytes().strip()
