"""The transformer student as it ships: `export_onnx.py STUDENT --out FOLDER`.

The words are int8 with one scale a token. All other matrices are 8 bits with one scale for 64 weights and are multiplied so
(onnxruntime's `MatMulNBits`): each token's numbers are rounded by themselves, so that a text's vector does not depend on the
texts beside it, as it would if a batch were rounded as a whole. Prints what the model card names.
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file
from transformer import HEADS

OPSET, IR_VERSION = 20, 9
# onnxruntime's own operators; its name for "multiply in int8"; what stands for 0 in its unsigned bytes.
ORT, INT8, ZERO = "com.microsoft", 4, 128
BLOCK = 64  # weights with one scale: 128 is as quick and rounds more, 32 takes twice as long
NAME = "model.onnx"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("student", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / NAME
    onnx.save(Graph(stored(options.student)).model(), path)
    print(path.name, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())


def stored(folder: Path) -> dict[str, NDArray]:
    """What `transformer.py` saved: the words as they are, all else in single precision."""
    state: dict[str, NDArray] = {}
    for path in sorted(folder.glob("body-*.safetensors")):
        state.update({name: value.astype(np.float32) for name, value in load_file(path).items()})
    parts = sorted(folder.glob("words-*.safetensors"))
    state["words.weight"] = np.concatenate([load_file(path)["words.weight"] for path in parts])
    return state


class Graph:
    """Tokens (texts, tokens) and which are there, int64, to unit rows (texts, width)."""

    def __init__(self, state: dict[str, NDArray]) -> None:
        self.state = state
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}
        self.width = state["words.weight"].shape[1]

    def model(self) -> onnx.ModelProto:
        there = self.op("Cast", "attention_mask", to=TensorProto.FLOAT)
        # -10,000 where nothing is: a softmax makes 0 of it.
        absent = self.op("Mul", self.op("Sub", there, self.number(1.0)), self.number(1e4))
        mask = self.op("Unsqueeze", absent, self.integers(1, 2))
        x = self.words()
        for at in range(sum(name.endswith(".up.bias") for name in self.state)):
            x = self.layer(x, mask, f"layers.{at}")
        weights = self.op("Unsqueeze", there, self.integers(2))
        summed = self.op("ReduceSum", self.op("Mul", x, weights), self.integers(1), keepdims=0)
        self.op("LpNormalization", summed, axis=1, p=2, out="vectors")
        shape = ["texts", "tokens"]
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, shape)
            for name in ("input_ids", "attention_mask")
        ]
        output = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", self.width])
        graph = helper.make_graph(self.nodes, "student", inputs, [output], list(self.constants.values()))
        operators = [helper.make_opsetid("", OPSET), helper.make_opsetid(ORT, 1)]
        return helper.make_model(graph, opset_imports=operators, ir_version=IR_VERSION)

    def words(self) -> str:
        rows = self.op("Gather", self.constant("words.weight"), "input_ids", axis=0)
        scale = self.op("Gather", self.constant("words.scale"), "input_ids", axis=0)
        floats = self.op("Cast", rows, to=TensorProto.FLOAT)
        x = self.op("Mul", floats, self.op("Unsqueeze", scale, self.integers(2)))
        length = self.op("Gather", self.op("Shape", "input_ids"), self.integers(1), axis=0)
        places = self.op("Slice", self.constant("positions"), self.integers(0), length, self.integers(0))
        return self.norm(self.op("Add", x, places), "norm")

    def layer(self, x: str, mask: str, name: str) -> str:
        heads = self.op(
            "Reshape", self.linear(x, f"{name}.attended"), self.integers(0, 0, 3, HEADS, self.width // HEADS)
        )
        query, key, value = (
            self.op("Gather", heads, self.constant_of(np.array(at)), axis=2) for at in range(3)
        )
        query, value = (self.op("Transpose", one, perm=[0, 2, 1, 3]) for one in (query, value))
        key = self.op("Transpose", key, perm=[0, 2, 3, 1])
        scale = self.number((self.width // HEADS) ** -0.5)
        scores = self.op("Add", self.op("Mul", self.op("MatMul", query, key), scale), mask)
        read = self.op("MatMul", self.op("Softmax", scores, axis=-1), value)
        read = self.op(
            "Reshape", self.op("Transpose", read, perm=[0, 2, 1, 3]), self.integers(0, 0, self.width)
        )
        x = self.norm(self.op("Add", x, self.linear(read, f"{name}.mixed")), f"{name}.mixed_norm")
        inner = self.op("Gelu", self.linear(x, f"{name}.up"))
        return self.norm(self.op("Add", x, self.linear(inner, f"{name}.down")), f"{name}.norm")

    def linear(self, x: str, name: str) -> str:
        matrix = self.state[f"{name}.weight"]  # (outputs, inputs)
        outputs, inputs = matrix.shape
        blocks = matrix.reshape(outputs, inputs // BLOCK, BLOCK)
        scale = np.maximum(np.abs(blocks).max(axis=2), 1e-8) / 127
        packed = (np.rint(blocks / scale[..., None]) + ZERO).astype(np.uint8)
        product = self.op(
            "MatMulNBits",
            x,
            self.constant_of(packed),
            self.constant_of(scale.astype(np.float32)),
            domain=ORT,
            K=inputs,
            N=outputs,
            bits=8,
            block_size=BLOCK,
            accuracy_level=INT8,
        )
        return self.op("Add", product, self.constant(f"{name}.bias"))

    def norm(self, x: str, name: str) -> str:
        weight, bias = self.constant(f"{name}.weight"), self.constant(f"{name}.bias")
        return self.op("LayerNormalization", x, weight, bias, axis=-1, epsilon=1e-12)

    def op(self, kind: str, *inputs: str, out: str | None = None, **attributes: object) -> str:
        name = out or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, name: str) -> str:
        self.constants.setdefault(name, numpy_helper.from_array(np.ascontiguousarray(self.state[name]), name))
        return name

    def constant_of(self, value: NDArray) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants[name] = numpy_helper.from_array(np.array(value, order="C"), name)
        return name

    def integers(self, *values: int) -> str:
        return self.constant_of(np.array(values, dtype=np.int64))

    def number(self, value: float) -> str:
        return self.constant_of(np.array(value, dtype=np.float32))


if __name__ == "__main__":
    main()
