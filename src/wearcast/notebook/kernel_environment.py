"""The environment of a stage's kernel: whoever starts it, and on every x86-64 machine with Linux
and AVX2, a stage writes the same bytes.

Numerical libraries choose their routines by the processor they find. The routines differ in the
last bit of a result, and training turns that into another model. So every library is told here
which routines to take, and nobody else may tell it. What no variable decides stands where it is
computed: `training` (oneDNN, the optimiser), `climatology.SIGNIFICANT_DIGITS` (the C library's cos
and sin), `model_assembly.origin` (the name of torch's build).
"""

from collections.abc import Mapping
from pathlib import Path

_ALWAYS = {
    # One thread each: sums are added up in the same order, and spinning threads don't slow a busy
    # machine down.
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # Torch's matrix products, exp, tanh and erf: MKL has other routines for Intel's AVX2, for
    # Intel's AVX-512 and for AMD, and one that all of them share.
    "MKL_CBWR": "COMPATIBLE",
    "PYTHONHASHSEED": "0",
    # A figure's data alone; the page brings the library that draws it.
    "PLOTLY_RENDERER": "plotly_mimetype",
    # Without it every start prints that the debugger may miss breakpoints.
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}

_WITH_AVX2 = {
    # Torch's own kernels, its random numbers too.
    "ATEN_CPU_CAPABILITY": "avx2",
    # NumPy's matrix products, `solve` and `eigh`.
    "OPENBLAS_CORETYPE": "Haswell",
    # NumPy's exp and log, which have routines of their own for AVX-512. It ignores the name of a
    # feature that this processor or its build doesn't have.
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
}
"""Processors without AVX2 can't run what the first two ask for: the kernel would crash."""

_DROPPED_PREFIXES = (
    "ATEN_",
    "DNNL_",
    "GOMP_",
    "GOTO_",
    "KMP_",
    "MKL_",
    "NPY_",
    "OMP_",
    "ONEDNN_",
    "OPENBLAS_",
    "PYTORCH_",
    "TORCH_",
)
"""Of the variables by which torch, NumPy and the libraries below them choose routines and
threads."""

_DROPPED = ("PYTHONSTARTUP",)
"""IPython would run that file before the notebook's first cell."""

CPUINFO = Path("/proc/cpuinfo")


def kernel_environment(outer: Mapping[str, str], cpuinfo: Path = CPUINFO) -> dict[str, str]:
    """The variables of a kernel that is started by a process with the variables `outer`."""
    chosen = dict(_ALWAYS)
    if has_avx2(cpuinfo):
        chosen |= _WITH_AVX2
    return _without_choices(outer) | chosen


def has_avx2(cpuinfo: Path = CPUINFO) -> bool:
    """Whether the processor has AVX2 and FMA, which the routines for AVX2 use too.

    Linux lists an x86-64 processor's features in /proc/cpuinfo. On ARM that file has no line of
    flags, and macOS has no such file: False.
    """
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    for line in lines:
        name, _, features = line.partition(":")
        if name.strip() == "flags":
            return {"avx2", "fma"} <= set(features.split())
    return False


def _without_choices(outer: Mapping[str, str]) -> dict[str, str]:
    """The variables that don't decide a result."""
    kept = {}
    for name, value in outer.items():
        if name == "GLIBC_TUNABLES":
            kept[name] = _without_processor_tunables(value)
        elif name not in _DROPPED and not name.startswith(_DROPPED_PREFIXES):
            kept[name] = value
    return kept


def _without_processor_tunables(tunables: str) -> str:
    """Those of the C library that don't choose among its routines for cos, sin, exp and pow."""
    kept = [one for one in tunables.split(":") if not one.startswith("glibc.cpu.")]
    return ":".join(kept)
