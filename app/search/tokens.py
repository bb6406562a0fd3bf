"""Text to the tokens of the lexical leg, the same for every language and at build and query time.

NFKC, casefold, accents and Arabic letter forms folded; then for spaced scripts Snowball stems plus character
4-grams (they forgive misspellings and join compounds and cognates), for unspaced scripts character bigrams.
The mixture is the one measured in `dependencies.md` §5 (MRR .992 in six languages).

Tokens come in three sorts, told apart by their first character: `=err-1042` a code or product name kept exact,
`#_cha` a part of a word (`PART`), anything else a word (a stem or a bigram).
"""

import re
import threading
import unicodedata
from functools import lru_cache
from itertools import pairwise

import Stemmer

EXACT = "="
PART = "#"
GRAM = 4
# Longer words are cut: nobody searches for them, and a megabyte without a space must stay cheap.
MAX_WORD = 48

_STEMMERS = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "fi": "finnish", "fr": "french", "hi": "hindi", "hu": "hungarian", "id": "indonesian",
    "it": "italian", "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sv": "swedish", "tr": "turkish",
}  # fmt: skip
# Han, kana, Thai, Lao, Burmese, Khmer: written without spaces.
_UNSPACED = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\U00020000-\U0003ffff"
# `\w` knows no Indic vowel signs and would cut words at each of them.
_LETTER = f"(?:(?![{_UNSPACED}])[\\w\u0900-\u0963\u0966-\u0dff])"
_RUN = re.compile(f"(?P<unspaced>[{_UNSPACED}]+)|{_LETTER}+(?:[-._/+&]{_LETTER}+)*")
_JOINT = re.compile(r"[-._/+&]")
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0640]")
_ARABIC = str.maketrans(
    {"ى": "ي", "ة": "ه", "ی": "ي", "ک": "ك", "ٱ": "ا", **{a: str(i) for i, a in enumerate("٠١٢٣٤٥٦٧٨٩")}}
)


def analyse(text: str, language: str) -> list[str]:
    """All tokens of `text`, in order and with repetitions; `language` chooses the stemmer only."""
    tokens: list[str] = []
    for run in _RUN.finditer(fold(text)):
        if run["unspaced"]:
            tokens += _unspaced(run[0])
        else:
            tokens += _spaced(run[0], language.partition("-")[0])
    return tokens


def words(tokens: list[str]) -> list[str]:
    """The distinct words and codes among `tokens`, in order: what carries the meaning, without the parts."""
    return list(dict.fromkeys(token for token in tokens if not token.startswith(PART)))


def fold(text: str) -> str:
    """`text` without differences of width, case, accents, vowel marks and Arabic letter forms."""
    if text.isascii():  # the usual case, in which nothing but capitals can change
        return text.casefold()
    # Lone surrogates come in with JSON and would break the stemmer, which speaks UTF-8.
    whole = text.encode("utf-8", "replace").decode("utf-8")
    split = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", whole).casefold())
    return unicodedata.normalize("NFC", _MARKS.sub("", split)).translate(_ARABIC)


def _unspaced(run: str) -> list[str]:
    if len(run) == 1:
        return [run, PART + run]
    # Single characters are parts: a question of one character (税) must still find its passages.
    return [first + second for first, second in pairwise(run)] + [PART + character for character in run]


def _spaced(run: str, language: str) -> list[str]:
    pieces = _JOINT.split(run)
    tokens = [token for piece in pieces for token in _word(piece[:MAX_WORD], language)]
    if len(pieces) > 1:
        # `e-mail` meets `email`, and a code is found by its exact spelling before its pieces are.
        tokens += [EXACT + run[:MAX_WORD], *_word("".join(pieces)[:MAX_WORD], language)]
    return tokens


@lru_cache(maxsize=65536)
def _word(word: str, language: str) -> tuple[str, ...]:
    if len(word) < GRAM - 1 or any(character.isdigit() for character in word):
        return (word,)  # a number with one digit wrong is another number
    bounded = f"_{word}_"
    grams = (PART + bounded[at : at + GRAM] for at in range(len(bounded) - GRAM + 1))
    return (_stem(word, language), *grams)


class _Stemmers(threading.local):
    """Snowball stemmers keep state while they work, so each thread has its own."""

    def __init__(self) -> None:
        self.by_language: dict[str, Stemmer.Stemmer] = {}


_stemmers = _Stemmers()


def _stem(word: str, language: str) -> str:
    if language not in _STEMMERS:
        return word
    if language not in _stemmers.by_language:
        _stemmers.by_language[language] = Stemmer.Stemmer(_STEMMERS[language])
    return str(_stemmers.by_language[language].stemWord(word))
