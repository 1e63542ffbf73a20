"""Download from a server on this machine: checksums decide, nothing else appears under a final name."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from eeg_files import read_all, write_eegmat

from base.errors import UserError
from model.data.sets import eegmat
from model.data.sets.download import download_eegmat


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Requests are not the test's output."""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What PhysioNet serves: recordings, other files, and SHA256SUMS.txt over all of them."""
    folder = write_eegmat(tmp_path / "served", [0, 1])
    (folder / "subject-info.csv").write_text("Subject,Age\n")
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.name}" for path in sorted(folder.iterdir())]
    lines.append(f"{'0' * 64} ../Subject09_1.edf")  # a path out of the folder is never followed
    (folder / "SHA256SUMS.txt").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture
def url(tree: Path) -> Iterator[str]:
    handler = partial(_Quiet, directory=str(tree))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


NAMES = [f"Subject{subject:02d}_{k}.edf" for subject in (0, 1) for k in (1, 2)]


def test_downloads_recordings_that_load(url: str, tree: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    paths = download_eegmat(folder, url)
    assert [path.name for path in paths] == NAMES
    assert sorted(path.name for path in folder.iterdir()) == NAMES
    assert all(path.read_bytes() == (tree / path.name).read_bytes() for path in paths)
    assert len(read_all(eegmat.load(folder))) == 4


def test_second_time_takes_only_what_is_missing_or_damaged(url: str, tree: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    download_eegmat(folder, url)
    (folder / NAMES[1]).write_bytes(b"damaged")
    kept = (folder / NAMES[0]).stat().st_mtime_ns
    download_eegmat(folder, url)
    assert (folder / NAMES[1]).read_bytes() == (tree / NAMES[1]).read_bytes()
    assert (folder / NAMES[0]).stat().st_mtime_ns == kept


def test_checksum_mismatch_leaves_no_file(url: str, tree: Path, tmp_path: Path) -> None:
    content = bytearray((tree / NAMES[2]).read_bytes())
    content[-1] ^= 1
    (tree / NAMES[2]).write_bytes(content)
    with pytest.raises(UserError, match=rf"eegmat: .*{NAMES[2]}.*does not match.*run again") as caught:
        download_eegmat(tmp_path / "data", url)
    assert "\n" not in str(caught.value)
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == NAMES[:2]


def test_file_missing_on_the_server(url: str, tree: Path, tmp_path: Path) -> None:
    (tree / NAMES[3]).unlink()
    with pytest.raises(UserError, match=r"could not download .*HTTPError"):
        download_eegmat(tmp_path / "data", url)


def test_list_without_recordings(url: str, tree: Path, tmp_path: Path) -> None:
    (tree / "SHA256SUMS.txt").write_text("<html>moved</html>\n")
    with pytest.raises(UserError, match=r"SHA256SUMS\.txt: got no SubjectNN_1\.edf in it"):
        download_eegmat(tmp_path / "data", url)


def test_no_network_says_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with pytest.raises(UserError) as caught:
        download_eegmat(folder, "http://127.0.0.1:9/eegmat/")  # the discard port: nobody listens
    message = str(caught.value)
    assert "\n" not in message
    for words in ("could not download from http://127.0.0.1:9/", "by hand", f"DATA_ROOT={folder}", "simulated"):
        assert words in message
