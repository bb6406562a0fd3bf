"""Articles and passages as values."""

from dataclasses import replace

from app.articles.article import passage_digest
from app.articles.passages import passages
from tests.articles.folder import article


def test_an_article_knows_the_path_of_its_page() -> None:
    assert (
        article("Text.", language="pt-BR", family="billing/refund-timing").url
        == "/pt-BR/billing/refund-timing"
    )


def test_title_and_headings_travel_with_a_passage_to_the_encoder() -> None:
    """R0.1: a passage is embedded so that it can stand alone."""
    passage = passages(article("## When?\n\n### In Spain?\n\nTomorrow.\n"))[0]
    assert passage.encoded_text("Refunds") == "Refunds\nWhen?\nIn Spain?\nTomorrow."


def test_a_digest_changes_with_everything_that_is_encoded_and_with_nothing_else() -> None:
    before = passage_digest("en", "Title", ("A", "B"), "Text")
    changed = [
        passage_digest("es", "Title", ("A", "B"), "Text"),
        passage_digest("en", "Titles", ("A", "B"), "Text"),
        passage_digest("en", "Title", ("A",), "B\x1fText"),
        passage_digest("en", "Title", ("AB",), "Text"),
        passage_digest("en", "Title", ("A", "B"), "Text."),
    ]
    assert len({before, *changed}) == len(changed) + 1
    first = passages(article("Text."))[0]
    moved = passages(replace(article("Text."), family="campaigns/other", revision=9))[0]
    assert first.digest == moved.digest
