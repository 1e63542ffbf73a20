"""The driver's wheel, made by setuptools from sources that are put together in a folder of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from base import records
from base.files import scratch
from base.processes import run_tool
from base.records import ROOT
from package.sources import DRIVER, modules

TIME = "315532800"  # 1980-01-01, the first day of a zip file: the same sources give the same bytes
NETWORK = '''"""One network for a board: what belongs to it lies in this folder. `Chip(BITSTREAM)` loads it."""

from pathlib import Path

BITSTREAM = Path(__file__).with_name("firstspike.bit")
'''
PROJECT = """[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "firstspike-board"
version = "{version}"
description = "Driver, network and notebook of the firstspike chip for PYNQ boards"
license = "Apache-2.0"
requires-python = ">=3.10"
dependencies = ["numpy>=1.21"]

[project.entry-points."pynq.overlays"]
firstspike = "{driver}.network"

[project.entry-points."pynq.notebooks"]
firstspike = "{driver}.network"

[tool.setuptools]
packages = [{packages}]
include-package-data = false

[tool.setuptools.package-data]
"*" = ["*"]
"""


def version_of(digest: str, files: Mapping[str, bytes]) -> str:
    """The driver's own version, which network comes with it, and a sum of all: pip installs nothing of a version that
    is there already, so whatever differs has another one."""
    content = records.digest([[name, sha256(data).hexdigest()] for name, data in sorted(files.items())])
    return f"{version('firstspike')}+net{digest[:8]}.sum{content[:8]}"


def tree(network: Mapping[str, bytes], c: Mapping[str, str]) -> dict[str, bytes]:
    """Path -> content, of all that the wheel installs. network: see contents.network; c: see bare_metal.files."""
    texts = {**modules(), f"{DRIVER}/py.typed": "", f"{DRIVER}/network/__init__.py": NETWORK,
             **{f"{DRIVER}/c/{name}": text for name, text in c.items()}}
    return {"LICENSE": (ROOT / "LICENSE").read_bytes(), **{path: text.encode() for path, text in texts.items()},
            **{f"{DRIVER}/network/{name}": data for name, data in network.items()}}


def wheel(files: Mapping[str, bytes], digest: str, log: Path) -> tuple[str, bytes]:
    """Name and content; files: of `tree`. Raises ToolError where setuptools fails; what it said is then in `log`."""
    with scratch() as folder:
        write_tree(files, folder)
        packages = sorted({path.parent for path in folder.glob(f"{DRIVER}/**/*") if path.is_file()})
        names = ", ".join(f'"{".".join(path.relative_to(folder).parts)}"' for path in packages)
        (folder / "pyproject.toml").write_text(
            PROJECT.format(version=version_of(digest, files), driver=DRIVER, packages=names), encoding="utf-8")
        # The mask, so that modes of what setuptools writes itself are not those of who runs it either.
        script = "import os, sys; os.umask(0o022); from setuptools.build_meta import build_wheel as b; b(sys.argv[1])"
        run_tool("setuptools", [sys.executable, "-c", script, "made"], log, cwd=folder,
                 env={**os.environ, "SOURCE_DATE_EPOCH": TIME})
        made, = (folder / "made").glob("*.whl")
        return made.name, made.read_bytes()


def write_tree(files: Mapping[str, bytes], folder: Path) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o644)  # a wheel keeps modes, which would else be those of who made it
