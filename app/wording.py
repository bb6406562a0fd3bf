"""The words of the interface in every language, and dates as each language writes them.

The words lie in `app/web/locales/<locale>/LC_MESSAGES/messages.po`, where translators edit them. They are
compiled in memory at the start, so an edited file is live after a restart and nothing binary is kept.
Message ids are the English words, read with `text`, `plural`, `_` or `N_` (marked, translated later).
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_date, format_datetime, get_timezone_location
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from app.languages import DEFAULT, SITE_LANGUAGES

_UTC = ZoneInfo("UTC")


def N_(text: str) -> str:
    """Marks a message for translation without translating it yet."""
    return text


class Wording:
    """All words in all languages. Untranslated words appear in English, never as an error."""

    def __init__(self, folder: Path) -> None:
        self._catalogs: Mapping[str, NullTranslations] = {
            language.tag: _read(folder / language.gettext / "LC_MESSAGES" / "messages.po", language.gettext)
            for language in SITE_LANGUAGES
        }
        self._locales = {language.tag: Locale.parse(language.gettext) for language in SITE_LANGUAGES}

    def translations(self, language: str) -> NullTranslations:
        """The gettext catalogue of a language, for the templates."""
        return self._catalogs.get(language, self._catalogs[DEFAULT])

    def locale(self, language: str) -> Locale:
        """Babel's locale of a site language (English for others)."""
        return self._locales.get(language, self._locales[DEFAULT])

    def text(self, language: str, english: str, /, **values: object) -> str:
        """The words in `language`; `{names}` are filled with `values`."""
        return self.translations(language).ugettext(english).format(**values)

    def plural(self, language: str, singular: str, plural: str, n: int, /, **values: object) -> str:
        """The form of the words that `n` takes in `language`; `{n}` is filled too."""
        return self.translations(language).ungettext(singular, plural, n).format(n=n, **values)

    def date(self, language: str, day: date) -> str:
        """A date in words: `25 November 2026`, `2026年11月25日`."""
        return format_date(day, format="long", locale=self.locale(language))

    def moment(self, language: str, at: datetime, time_zone: str | None) -> str:
        """A moment as the reader says it, with the zone's city: `Tuesday, November 25 at 4:05 PM (Madrid)`."""
        locale, zone = self.locale(language), zone_or_utc(time_zone)
        where = "UTC" if zone is _UTC else get_timezone_location(zone, locale=locale, return_city=True)
        return f"{format_datetime(at, _moment_pattern(locale), tzinfo=zone, locale=locale)} ({where})"


@lru_cache(maxsize=512)
def zone_or_utc(name: str | None) -> ZoneInfo:
    """The zone of that IANA name; UTC for none and for names that do not exist."""
    try:
        return ZoneInfo(name) if name else _UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return _UTC


@lru_cache(maxsize=64)
def _moment_pattern(locale: Locale) -> str:
    """Weekday, day and month in full, then the time, joined as the locale joins a date and a time (CLDR)."""
    skeletons = locale.datetime_skeletons
    day = (skeletons.get("MMMMEd") or skeletons["MMMEd"]).pattern
    in_full = re.sub(r"M{3,}", "MMMM", re.sub(r"(?<!E)E{1,3}(?!E)", "EEEE", day))
    joined = str(locale.datetime_formats["medium"])
    return joined.replace("{1}", in_full).replace("{0}", locale.time_formats["short"].pattern)


def _read(path: Path, locale: str) -> NullTranslations:
    if not path.is_file():
        return NullTranslations()
    with path.open("rb") as file:
        catalog = read_po(file, locale=locale)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translations(compiled)
