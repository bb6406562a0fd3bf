"""The words of the interface: complete, well formed and well set in every language."""

import os
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from app.languages import DEFAULT, SITE_LANGUAGES
from app.wording import Wording

ROOT = Path(__file__).parents[2]
LOCALES = ROOT / "app" / "web" / "locales"
TRANSLATED = tuple(language for language in SITE_LANGUAGES if language.tag != DEFAULT)
NAMED = re.compile(r"%\(\w+\)s|\{\w*\}")
TAGS = re.compile(r"</?\w+[^>]*>")
# Words that are written alike in both languages: names, and what one language took from the other.
ALIKE = {
    "ar": {"Handrail"},
    "de": {"Handrail", "Chat", "Name", "Normal", "Status", "Support", "Team", "Ticket", "Tickets", "Video"}
    | {"Ticket %(number)s", "(optional)"},
    "es": {"Handrail", "Chat", "No", "Normal", "Ticket", "Tickets", "Ticket %(number)s", "Video"},
    "fr": {"Handrail", "Assistant", "Chat", "Conversation", "E-mail", "Messages", "Question", "Questions"}
    | {"Ticket", "Tickets", "Ticket %(number)s", "%(count)s article"},
    "ja": {"Handrail"},
    "pt-BR": {"Handrail", "Chat", "E-mail", "Normal", "Status"},
    "zh-Hans": {"Handrail"},
}
# How a language does NOT set its text: each expression finds a fault.
MISSET = {
    "ar": re.compile(r"[?;]|,(?!\d)|[٠-٩]"),
    "de": re.compile(r"[«»”]|\s[?!:;]"),
    "es": re.compile(r"^[^¿]*\?|^[^¡]*!|[“”„]|\s[?!:;]"),
    "fr": re.compile(r"[^\u202f][?!;»]|[^\u202f\d]:(?!\d)|«[^\u202f]|[ \u00a0][?!;:»]|'"),
    "ja": re.compile(r"[?!;:](?!//)|[、。]\s|[,.](?=[ぁ-ん])"),
    "pt-BR": re.compile(r"[«»„]|\s[?!:;]"),
    "zh-Hans": re.compile(r"[?!;:](?!//)|[一-龥][,.]|[，。]\s"),
}
languages = pytest.mark.parametrize("tag", [language.tag for language in TRANSLATED])


@cache
def collected() -> Catalog:
    """What the code and the templates say now, as `scripts/words` collects it."""
    env = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    ran = subprocess.run(
        [ROOT / "scripts" / "words", "--template", "/dev/stdout"], env=env, capture_output=True, check=True
    )
    return read_po(ran.stdout.decode().splitlines())


@cache
def catalog(tag: str) -> Catalog:
    locale = next(language.gettext for language in TRANSLATED if language.tag == tag)
    with (LOCALES / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=locale)


def messages(tag: str) -> list[Message]:
    return [message for message in catalog(tag) if message.id]


def forms(words: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words or ())


def key(message: Message) -> str:
    return forms(message.id)[0]


@languages
def test_every_word_is_translated(tag: str) -> None:
    """Nothing is missing, nothing guessed by a tool, nothing left over (after new words: scripts/words)."""
    wanted = {key(message) for message in collected() if message.id}
    have = {key(message) for message in messages(tag) if all(form.strip() for form in forms(message.string))}
    assert len(wanted) > 300
    assert wanted - have == set()
    assert {key(message) for message in messages(tag)} - wanted == set()
    assert not [message.id for message in messages(tag) if message.fuzzy]
    assert not catalog(tag).obsolete


@languages
def test_plurals_have_the_forms_of_the_language(tag: str) -> None:
    """Arabic has six."""
    several = [message for message in messages(tag) if message.pluralizable]
    assert several
    assert {len(forms(message.string)) for message in several} == {catalog(tag).num_plurals}
    assert catalog("ar").num_plurals == 6


@languages
def test_placeholders_and_markup_are_those_of_the_source(tag: str) -> None:
    """A form that stands for one number only (Arabic none, one, two) may say it in words."""
    for message in messages(tag):
        source = forms(message.id)[-1]
        for place, form in enumerate(forms(message.string)):
            in_words = message.pluralizable and catalog(tag).num_plurals == 6 and place < 3
            if not in_words:
                assert Counter(NAMED.findall(form)) == Counter(NAMED.findall(source)), form
            assert TAGS.findall(form) == TAGS.findall(source), form
            assert not re.search(r"%(?!\(\w+\)s)|[\"&]|\s$|^\s|  ", form), f"would break a page: {form}"


@languages
def test_nothing_was_left_in_english(tag: str) -> None:
    same = {key(m) for m in messages(tag) if set(forms(m.string)) & set(forms(m.id))}
    assert same == ALIKE[tag]


@languages
def test_punctuation_is_the_languages_own(tag: str) -> None:
    """Narrow spaces in French, full width in Japanese and Chinese, the Arabic comma and question mark."""
    for message in messages(tag):
        for form in forms(message.string):
            found = MISSET[tag].search(NAMED.sub("x", form))
            assert found is None, f"{found[0]!r} in {form!r}"


def test_modules_call_the_words_by_names_that_are_collected() -> None:
    """An alias such as `say = wording.text` hides its words unless scripts/words knows the name."""
    known = set(re.findall(r"--keyword (\w+)", (ROOT / "scripts" / "words").read_text()))
    alias = re.compile(r"^\s*(\w+)(?:, \w+)* = .*wording\.(?:text|plural)\b(?!\()", re.MULTILINE)
    names = {name for file in (ROOT / "app").rglob("*.py") for name in alias.findall(file.read_text())}
    assert names
    assert names <= known


def test_the_reader_gets_the_words_of_the_language() -> None:
    """R1.9: read as the server reads them, with the plural that the number takes."""
    wording = Wording(LOCALES)
    assert wording.text("de", "Your ticket: {number}", number="H-2") == "Ihr Ticket: H-2"
    counted = [
        wording.translations("ar").ungettext("%(count)s article", "", n) for n in (0, 1, 2, 3, 11, 100)
    ]
    assert counted[:3] == ["لا مقالات", "مقالة واحدة", "مقالتان"]
    assert counted[3:] == ["%(count)s مقالات", "%(count)s مقالة", "%(count)s مقالة"]
    assert wording.text("en", "Help centre") == "Help centre"
