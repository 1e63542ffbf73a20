"""Folders that a run is given: checked before anything is read, so that each mistake is one line."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from base.errors import UserError, expected
from base.records import ROOT
from model.data.registry import SETS

# What makefiles, C++ and SystemVerilog sources and their tools take as it is.
_PLAIN = re.compile(r"[\w.+@~/-]*")
_WORDS = "letters, digits and ._+-@~/ alone, as makefiles and simulators take no others"
_PSEUDO = (Path("/proc"), Path("/sys"))  # file systems that hold no files


def check_checkout(root: Path = ROOT) -> None:
    """UserError where this repository lies in a folder whose name the builds could not use."""
    if not _PLAIN.fullmatch(str(root)):
        raise expected("folder of this repository", repr(str(root)), f"a path of {_WORDS}")


def writable(text: str, variable: str = "OUT") -> Path:
    """The folder `text`, which is there or can be made; UserError if not. Nothing is left in it."""
    if not text or not _PLAIN.fullmatch(text):
        raise expected(variable, repr(text), f"a folder, in its name {_WORDS}")
    folder = _expanded(variable, text)
    parent = folder.absolute()
    while not _there(variable, text, parent):
        parent = parent.parent
    try:
        with tempfile.TemporaryFile(dir=parent):
            pass
    except OSError as error:
        raise expected(variable, repr(text), f"a folder that can be written ({error.strerror})") from None
    return folder


def data_root(text: str, dataset: str, variable: str = "DATA_ROOT") -> Path:
    """The folder that holds a data set; UserError where there is none, or where that data set has no files."""
    if not SETS[dataset].takes_root:
        raise expected(variable, repr(text), f"none with DATASET={dataset} (or DATASET=eegmat)")
    folder = _expanded(variable, text)
    if not _there(variable, text, folder) or any(folder.resolve().is_relative_to(pseudo) for pseudo in _PSEUDO):
        raise expected(variable, repr(text), f"a folder that is there, with the files of {dataset}")
    return folder


def _expanded(variable: str, text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:  # ~name of somebody who has no home here
        raise expected(variable, repr(text), "a folder; ~ is your own home, ~name that of a user there is") from None


def _there(variable: str, text: str, folder: Path) -> bool:
    """Whether the folder is there. UserError where something else is, or a name that leads nowhere."""
    try:
        if folder.is_dir():
            return True
        if not os.path.lexists(folder):
            os.lstat(folder)  # whether that is for want of it alone
        kind = "a file" if folder.exists() else "a link that leads nowhere"
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError) as error:
        kind = str(getattr(error, "strerror", None) or error)
    raise UserError(f"{variable}: got {text!r} ({folder}: {kind}), expected a folder")
