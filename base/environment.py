"""What this process and those that it starts find around them: set here, once, before any work begins."""

from __future__ import annotations

import os
import sys

from base.records import ROOT

# A sum's last bit depends on how many threads divide it: with one, a run has the same numbers on every machine. On
# networks this small more are slower, too.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
CACHES = ROOT / ".venv" / "cache"  # a home folder need not be there, nor be writable


def prepare_process() -> None:
    """Text that a terminal cannot show is shown as `?`; tools keep their caches beside themselves; no machine noise.

    Workers, which do all the computing, have one thread each.
    """
    os.environ.update(dict.fromkeys(THREADS, "1"))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if os.access(CACHES.parent, os.W_OK):
        for variable, folder in (("YOWASP_CACHE_DIR", "yowasp"), ("MPLCONFIGDIR", "matplotlib")):
            os.environ.setdefault(variable, str(CACHES / folder))
    # An interrupt ends worker processes at once; Python's own tidying after them is not the user's concern.
    os.environ["PYTHONWARNINGS"] = "ignore::UserWarning:multiprocessing.resource_tracker"
