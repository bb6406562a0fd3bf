"""The kernels, where there was a compiler when Handrail was installed.

Without one, numpy and FAISS do the same to rounding, in about twice the time: whoever calls `kernels` holds both. Only the last
of the candidates by vectors may be others, which FAISS chooses by 8 bits and a kernel by 7. Their docstrings give the shapes.
"""

from contextlib import suppress
from importlib import import_module
from typing import Any

kernels: Any = None
with suppress(ImportError):
    kernels = import_module("app.native._kernels")
