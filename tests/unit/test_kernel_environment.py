"""The environment of a stage's kernel: what decides bytes is set there, and by nobody else."""

import pytest

from wearcast.notebook.kernel_environment import has_avx2, kernel_environment

ROUTINES = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_CBWR": "COMPATIBLE",
    "OPENBLAS_CORETYPE": "Haswell",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
}
THREADS = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
HOSTILE = {
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_CBWR": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
    "OPENBLAS_CORETYPE": "Prescott",
    "NPY_ENABLE_CPU_FEATURES": "X86_V3",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "OMP_NUM_THREADS": "2",
    "OMP_DYNAMIC": "TRUE",
    "PYTHONHASHSEED": "7",
    "PYTHONSTARTUP": "mine.py",
}
"""Of a caller who tunes every library for another purpose."""

HASWELL = "flags\t\t: fpu sse4_2 fma avx avx2 bmi2"
X86 = "processor\t: 0\nvendor_id\t: GenuineIntel\n{}\nbugs\t\t: spectre_v1\n"


@pytest.fixture
def cpuinfo(tmp_path):
    """Writes a /proc/cpuinfo."""

    def write(text):
        path = tmp_path / "cpuinfo"
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (X86.format(HASWELL), True),
        (X86.format("flags\t\t: fpu sse4_2 avx"), False),
        (X86.format("flags\t\t: fpu avx avx2"), False),
        ("processor\t: 0\nFeatures\t: fp asimd crc32\nCPU implementer\t: 0x41\n", False),
        ("", False),
    ],
    ids=["Haswell", "Ivy Bridge", "no FMA", "ARM", "empty"],
)
def test_avx2_is_what_linux_lists_among_an_x86_processors_flags(cpuinfo, text, found):
    assert has_avx2(cpuinfo(text)) is found


def test_without_a_list_of_flags_there_is_no_avx2(tmp_path):
    assert not has_avx2(tmp_path / "as on macOS")


def test_with_avx2_every_library_is_told_its_routines_whatever_the_caller_says(cpuinfo):
    path = cpuinfo(X86.format(HASWELL))
    environment = kernel_environment(HOSTILE, path)
    assert environment == kernel_environment({}, path)
    assert environment.items() >= (ROUTINES | THREADS | {"PYTHONHASHSEED": "0"}).items()


def test_without_avx2_nothing_asks_for_it_or_for_what_the_caller_says(cpuinfo):
    path = cpuinfo(X86.format("flags\t\t: fpu sse4_2"))
    environment = kernel_environment(HOSTILE, path)
    assert environment == kernel_environment({}, path)
    assert {name for name in ROUTINES if name in environment} == {"MKL_CBWR"}
    assert environment.items() >= THREADS.items()


def test_variables_that_decide_no_result_reach_the_kernel():
    ours = {"HOME": "/home/me", "KMA_SERVICE_KEY": "k", "AWS_PROFILE": "p", "PYTHONPATH": "/src"}
    assert kernel_environment(ours).items() >= ours.items()


def test_of_the_c_librarys_tunables_those_of_the_processor_are_left_out():
    outer = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA:glibc.malloc.check=1"}
    assert kernel_environment(outer)["GLIBC_TUNABLES"] == "glibc.malloc.check=1"
