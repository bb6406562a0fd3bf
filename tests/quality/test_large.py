"""Issue 3: `bundled-large` ships because it reads across languages at least five points better than `bundled`."""

from pathlib import Path

import numpy as np
import pytest

from app.indexing import build_index, open_searcher
from app.languages import DEFAULT
from app.search.encoder import Encoder, open_encoder
from app.search.gold import GoldQuestion, read_questions
from app.search.measures import mean_reciprocal_rank
from app.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("quality")]

ADOPTED_FROM = 0.05


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """Family and text of every English passage, as it is encoded."""
    settings = Settings(index_dir=Path(tmp_path_factory.mktemp("index")), encoder="hash:16")
    build_index(settings, open_encoder(settings.encoder))
    snapshot = open_searcher(settings).snapshot
    articles = [snapshot.article_of_row(row).article for row in range(len(snapshot.passages))]
    return [
        (article.family, passage.encoded_text(article.title))
        for article, passage in zip(articles, snapshot.passages, strict=True)
        if article.language == DEFAULT
    ]


def _reciprocal_rank(encoder: Encoder, english: list[tuple[str, str]], asked: list[GoldQuestion]) -> float:
    """By one vector a text and nothing else: where the right article's best passage stands among the articles."""
    families = sorted({family for family, _ in english})
    numbers = np.array([families.index(family) for family, _ in english])
    passages = encoder.encode_passages([text for _, text in english])
    cosines = encoder.encode_queries([one.text for one in asked]) @ passages.T
    best = np.stack([cosines[:, numbers == at].max(axis=1) for at in range(len(families))], axis=1)
    mine = best[np.arange(len(asked)), [families.index(one.family) for one in asked if one.family]]
    return mean_reciprocal_rank((best >= mine[:, None]).sum(axis=1).tolist())


def test_the_large_encoder_is_at_least_five_points_better_from_other_languages_to_english(
    english: list[tuple[str, str]],
) -> None:
    families = {family for family, _ in english}
    asked = [
        one
        for one in read_questions(Settings().questions_dir, "check")
        if one.language != DEFAULT and one.family in families
    ]
    assert len(asked) > 150
    small, large = (
        _reciprocal_rank(open_encoder(name), english, asked) for name in ("bundled", "bundled-large")
    )
    assert large >= small + ADOPTED_FROM
