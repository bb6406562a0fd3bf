"""The kernels, where there was a compiler when Handrail was installed.

Without one, numpy and FAISS do the same to the rounding of the last digit, in about twice the time: whoever calls `kernels`
holds both. Their docstrings give the shapes.
"""

from contextlib import suppress
from importlib import import_module
from typing import Any

kernels: Any = None
with suppress(ImportError):
    kernels = import_module("app.native._kernels")
