"""Files for the browser: our own static files, cached for a year under their digest, and the articles' media."""

import hashlib
from mimetypes import guess_type
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse

from app.errors import NotFound

STATIC = Path(__file__).parent / "static"
_TYPES = {".js": "text/javascript", ".vtt": "text/vtt", ".webm": "video/webm", ".svg": "image/svg+xml"}
_FOREVER = {"cache-control": "public, max-age=31536000, immutable"}
_AN_HOUR = {"cache-control": "public, max-age=3600"}


class StaticFiles:
    """The files under `static/`, by name. The digest of them all stands in the path, so that modules import siblings."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._files = {
            path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()
        }
        digest = hashlib.sha256()
        for name, path in self._files.items():
            digest.update(name.encode() + b"\x00" + path.read_bytes())
        self.version = digest.hexdigest()[:16]

    def url(self, name: str) -> str:
        """The address of a static file; `KeyError` for a name that does not exist (a fault in a template)."""
        self._files[name]
        return f"/static/{self.version}/{name}"

    def find(self, name: str) -> Path:
        """The file of that name; `NotFound` otherwise. Names are looked up, never opened."""
        if name not in self._files:
            raise NotFound
        return self._files[name]


class MediaFiles:
    """The files directly inside `content/media/`, as they are now."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, name: str) -> Path:
        """The file of that name; `NotFound` otherwise."""
        try:
            found = next((path for path in self._folder.iterdir() if path.name == name), None)
        except OSError:
            found = None
        if found is None or found.is_symlink() or not found.is_file():
            raise NotFound
        return found


router = APIRouter(include_in_schema=False)


async def _static(request: Request) -> StaticFiles:
    files: StaticFiles = request.app.state.services.pages.static
    return files


async def _media(request: Request) -> MediaFiles:
    return MediaFiles(request.app.state.services.settings.content_dir / "media")


@router.get("/static/{version}/{name:path}")
def static_file(version: str, name: str, files: Annotated[StaticFiles, Depends(_static)]) -> FileResponse:
    """One of our files. Only the present digest is cached for long: an old page may ask for a new file."""
    headers = _FOREVER if version == files.version else {"cache-control": "no-cache"}
    return _file(files.find(name), headers)


@router.get("/media/{name}")
def media_file(name: str, files: Annotated[MediaFiles, Depends(_media)]) -> FileResponse:
    """A film, poster or caption file; ranges are answered, so that a player can seek."""
    return _file(files.find(name), _AN_HOUR)


@router.get("/favicon.ico")
def favicon(files: Annotated[StaticFiles, Depends(_static)]) -> FileResponse:
    """Browsers ask for it unasked."""
    return _file(files.find("img/icon.svg"), _AN_HOUR)


def _file(path: Path, headers: dict[str, str]) -> FileResponse:
    media_type = _TYPES.get(path.suffix) or guess_type(path.name)[0]
    return FileResponse(path, headers=headers, media_type=media_type)
