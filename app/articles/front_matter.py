"""The head of an article: strict YAML between two lines of three dashes, checked field by field.

YAML is read without its powers: no tags (`!!python/object`), no anchors or aliases (bombs), no key twice,
no depth, no size. Every fault carries the line it stands on.
"""

import re
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from app.articles.article import Kind, Significance, Status
from app.errors import ContentFault, ContentRefused

MAX_CHARACTERS = 16_384
MAX_DEPTH = 4
MAX_REVISION = 1_000_000
FENCE = "---"

_Lines = dict[tuple[str | int, ...], int]
# libyaml where the wheel has it (ten times faster), the same loader in Python where it has not.
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,2}):([0-5]\d)")
_PLAIN_FILE = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"


def _one_line(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    if _CONTROL.search(text):
        raise ValueError("must be one line without control characters")
    return text.strip()


def _day(value: object) -> object:
    # Without this a number would pass as seconds since 1970, and a moment as a day.
    if isinstance(value, datetime) or not isinstance(value, date | str):
        raise ValueError("must be a date like 2026-10-14")
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError("must be a date like 2026-10-14") from None


def _seconds(value: object) -> object:
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise ValueError('must be minutes and seconds in quotes, like "2:40"')
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


_Line = Annotated[str, AfterValidator(_one_line)]
_Day = Annotated[date, BeforeValidator(_day)]
_File = Annotated[str, Field(pattern=_PLAIN_FILE)]
_Revision = Annotated[int, Field(ge=1, le=MAX_REVISION)]
_Family = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*$")]
_LANGUAGE_TAG = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"


class VideoMatter(BaseModel):
    """The `video` key: plain file names in `content/media/`, the duration in seconds."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    file: _File
    poster: _File | None = None
    duration: Annotated[int, BeforeValidator(_seconds)] | None = None
    captions: dict[Annotated[str, Field(pattern=_LANGUAGE_TAG)], _File] = Field(default={}, max_length=50)


class FrontMatter(BaseModel):
    """Everything an article says about itself. Only `title` and `kind` are required.

    `topic`, `language` and `slug` say again what the path says already and must agree with it.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    title: Annotated[_Line, Field(max_length=200)]
    kind: Annotated[Kind, Field(strict=False)]
    summary: Annotated[_Line, Field(max_length=500)] | None = None
    tags: Annotated[
        tuple[Annotated[_Line, Field(max_length=60)], ...], Field(strict=False, max_length=20)
    ] = ()
    questions: Annotated[
        tuple[Annotated[_Line, Field(max_length=200)], ...], Field(strict=False, max_length=50)
    ] = ()
    updated: _Day | None = None
    revision: _Revision = 1
    significance: Annotated[Significance, Field(strict=False)] = Significance.MEDIUM
    last_major: _Revision | None = None
    translation_of: _Revision | None = None
    review_by: _Day | None = None
    owner: Annotated[_Line, Field(max_length=80)] | None = None
    status: Annotated[Status, Field(strict=False)] = Status.PUBLISHED
    related: Annotated[tuple[_Family, ...], Field(strict=False, max_length=20)] = ()
    video: VideoMatter | None = None
    topic: str | None = None
    language: str | None = None
    slug: str | None = None

    @property
    def last_major_revision(self) -> int:
        """The newest revision that changed the meaning: this one if it is major, else `last_major`, else the first."""
        return self.revision if self.significance is Significance.MAJOR else (self.last_major or 1)


def read(path: str, text: str) -> tuple[FrontMatter, str, int]:
    """The front matter, the Markdown body and the line (from 1) the body begins on.

    `path` is relative to the content folder: `en/billing/charged-twice.md`. Raises `ContentRefused` with every fault.
    """
    head, body, first_line = split(path, text)
    values, lines = load(path, head)
    try:
        matter = FrontMatter.model_validate(values)
    except ValidationError as error:
        raise ContentRefused([_fault(path, lines, detail) for detail in error.errors()]) from None
    if faults := _disagreements(path, matter, lines):
        raise ContentRefused(faults)
    return matter, body, first_line


def split(path: str, text: str) -> tuple[str, str, int]:
    """Cuts a file into front matter and body, and says which line (from 1) the body begins on."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    if lines[0].rstrip() != FENCE:
        raise ContentRefused(
            [ContentFault(path, 1, "", "must begin with front matter between two lines ---")]
        )
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == FENCE:
            return "\n".join(lines[1:number]), "\n".join(lines[number + 1 :]), number + 2
    raise ContentRefused([ContentFault(path, 1, "", "the front matter has no closing line ---")])


def load(path: str, head: str) -> tuple[dict[str, Any], _Lines]:
    """The keys and values of a front matter, unchecked, and the line (from 1) of each key."""
    if len(head) > MAX_CHARACTERS:
        raise _refused(path, 2, f"the front matter is longer than {MAX_CHARACTERS:,} characters")
    try:
        _refuse_powers(path, head)
        loader = _LOADER(head)
        node = loader.get_single_node()
        lines: _Lines = {}
        if not isinstance(node, yaml.MappingNode):
            raise _refused(path, 2, "the front matter must be keys with values")
        return _mapping(path, loader, node, (), lines), lines
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "cannot be read"
        raise _refused(path, mark.line + 2 if mark else 2, f"not valid YAML: {problem}") from None


def _refuse_powers(path: str, head: str) -> None:
    """Refuses tags, anchors, aliases and depth on the event stream, before anything is composed."""
    depth = 0
    for event in yaml.parse(head, Loader=_LOADER):
        line = event.start_mark.line + 2 if event.start_mark else 2
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refused(path, line, "anchors and aliases are not accepted")
        if getattr(event, "tag", None):
            raise _refused(path, line, "tags are not accepted")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _refused(path, line, f"nested deeper than {MAX_DEPTH}")


def _mapping(
    path: str, loader: yaml.SafeLoader, node: yaml.MappingNode, above: tuple[str | int, ...], lines: _Lines
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 2
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
        if not key:
            raise _refused(path, line, "a key must be one word")
        if key in found:
            raise _refused(path, line, "stands here for the second time", field=key)
        lines[(*above, key)] = line
        found[key] = _value(path, loader, value_node, (*above, key), lines)
    return found


def _value(
    path: str, loader: yaml.SafeLoader, node: yaml.Node, here: tuple[str | int, ...], lines: _Lines
) -> object:
    if isinstance(node, yaml.MappingNode):
        return _mapping(path, loader, node, here, lines)
    line = node.start_mark.line + 2
    if isinstance(node, yaml.SequenceNode):
        for place, item in enumerate(node.value):
            lines[(*here, place)] = item.start_mark.line + 2
        return [_value(path, loader, item, (*here, place), lines) for place, item in enumerate(node.value)]
    try:
        return loader.construct_object(node)
    except ValueError:  # 2026-02-30, or a number of five thousand digits
        field = str(here[0])
        written = str(node.value)[:20]
        raise _refused(
            path, line, f"{written!r} is no date (year-month-day) and no number", field=field
        ) from None


def _refused(path: str, line: int, message: str, *, field: str = "") -> ContentRefused:
    return ContentRefused([ContentFault(path, line, field, message)])


def _fault(path: str, lines: _Lines, detail: ErrorDetails) -> ContentFault:
    place = detail["loc"]
    known = next((place[:end] for end in range(len(place), 0, -1) if place[:end] in lines), ())
    field = ".".join(str(part) for part in place if part != "[key]")
    return ContentFault(path, lines.get(known, 2), field, _message(detail))


def _message(detail: ErrorDetails) -> str:
    context = detail.get("ctx", {})
    sentences = {
        "missing": "is required",
        "extra_forbidden": "is not a known key here",
        "string_type": "must be text; put it in quotes",
        "int_type": "must be a whole number",
        "tuple_type": "must be a list, like [one, two]",
        "model_type": "must be keys with values",
        "dict_type": "must be keys with values",
        "string_pattern_mismatch": "is not a name that can stand here",
        "value_error": str(context.get("error", "is wrong")),
        "enum": f"must be one of: {context.get('expected', '')}",
    }
    return sentences.get(detail["type"]) or detail["msg"][:1].lower() + detail["msg"][1:]


def _disagreements(path: str, matter: FrontMatter, lines: _Lines) -> list[ContentFault]:
    language, topic, file = PurePosixPath(path).parts
    told = {"language": language, "topic": topic, "slug": file.removesuffix(".md")}
    faults = [
        ContentFault(path, lines.get((key,), 2), key, f"must be {expected}, as the file's path says")
        for key, expected in told.items()
        if getattr(matter, key) not in (None, expected)
    ]
    if matter.last_major is not None and matter.last_major > matter.revision:
        faults.append(
            ContentFault(path, lines.get(("last_major",), 2), "last_major", "is newer than the revision")
        )
    return faults
