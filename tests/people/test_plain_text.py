"""Which texts are refused before anything is stored (promises §4), and which are not."""

import pytest

from app.people.plain_text import address_fault, line_fault, one_line, phone_fault, text_fault, writable

LINE_BREAKS = ["\n", "\r", "\r\n", "\u2028", "\u2029", "\x85", "\x0b", "\x0c"]


@pytest.mark.parametrize(
    "text", ["", " ", "\n\t", "\u3000", "a\x00b", "a\ud800b", "\udfff", "a\x1bb", "x" * 20_001]
)
def test_text_that_is_none(text: str) -> None:
    assert text_fault(text)


@pytest.mark.parametrize(
    "text", ["😀", "Zeile\r\nZeile\ttab", "مرحبا\u200f بكم", "👩\u200d💻", "{{7*7}} <script>", "x" * 20_000]
)
def test_text_that_people_write(text: str) -> None:
    assert text_fault(text) is None


@pytest.mark.parametrize("line_break", LINE_BREAKS)
def test_a_line_has_no_break_of_any_kind(line_break: str) -> None:
    """Promises §4: CR, LF, U+2028 in a subject or name."""
    assert line_fault(f"Hello{line_break}Bcc: b@evil.test")


def test_a_line_may_be_in_any_script() -> None:
    assert line_fault("請求書が二重に届きました — ما العمل؟") is None
    assert line_fault("x" * 201)


@pytest.mark.parametrize(
    "address",
    [
        "a@x.test",
        "first.last+tag@sub.example.co",
        "o'neil@x.test",
        "用户@例え.jp",
        "a@xn--r8jz45g.jp",
        "a_b@x-y.test",
    ],
)
def test_one_address(address: str) -> None:
    assert address_fault(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "", "a", "a@", "@x.test", "a@x", "a@@x.test", "a@x..test", "a@.test", "a@x.test.", ".a@x.test", "a.@x.test", "a..b@x.test",
        "a@-x.test", "a@x-.test", "a@x.test, b@evil.test", "a@x.test;b@evil.test", "a@x.test b@evil.test",
        "Ann <a@x.test>", '"a b"@x.test', "a@x.test\n", "a@x.test\r\nBcc: b@evil.test", "a\u2028@x.test", "a\x00@x.test",
        "a\ud800@x.test", "a\u200b@x.test", "a@[127.0.0.1]", "a(b)@x.test", "a" * 65 + "@x.test",
        "a@" + "x" * 64 + ".test", "a@" + "x." * 130 + "test",
    ],
)  # fmt: skip
def test_anything_but_one_address(address: str) -> None:
    """Promises §4: exactly one recipient, ever."""
    assert address_fault(address)


@pytest.mark.parametrize("phone", ["+34 600 000 000", "(030) 123-456", "٠١٢٣٤٥٦٧٨"])
def test_phone_numbers(phone: str) -> None:
    assert phone_fault(phone) is None


@pytest.mark.parametrize("phone", ["", "1", "call me", "+34 600\n000", "1" * 60, "javascript:1234567"])
def test_not_phone_numbers(phone: str) -> None:
    assert phone_fault(phone)


@pytest.mark.parametrize("line_break", LINE_BREAKS)
def test_a_subject_made_of_a_question_is_a_valid_line(line_break: str) -> None:
    subject = one_line(f" Why \x00 was{line_break}{line_break} I \ud800charged? " + "very " * 60)
    assert subject.startswith("Why was I charged? very very")
    assert len(subject) <= 200
    assert subject.endswith("…")
    assert line_fault(subject) is None


def test_writable_drops_only_what_no_database_keeps() -> None:
    assert writable("a\x00b\ud800\n\té😀") == "ab\n\té😀"


@pytest.mark.timeout(5)
def test_long_nonsense_is_refused_at_once() -> None:
    """Promises §4: no pattern of ours takes longer than the text does."""
    for text in ("a" * 100_000, "a." * 50_000, "a@" + "a." * 50_000, "-" * 100_000, "a@" + "a-" * 120):
        assert address_fault(text)
        assert phone_fault(text)
