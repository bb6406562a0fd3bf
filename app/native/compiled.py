"""The kernels, where there was a compiler when Handrail was installed.

Without one, numpy and FAISS do the same to rounding, in about twice the time: whoever calls `kernels` holds both. One thing
differs: the last of the candidates by vectors may be others, since FAISS chooses them by 8 bits and the kernel by 7. The kernels'
own docstrings give the shapes.
"""

from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

# Of what they were compiled, or would have been.
SOURCE = Path(__file__).with_name("kernels.c")

kernels: Any = None
with suppress(ImportError):
    kernels = import_module("app.native._kernels")
