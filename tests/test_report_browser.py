"""The report's page in a real browser: on a desk, on a phone, on paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Browser, program
from report_parts import NEURONS, make_parts, metrics, written

pytestmark = pytest.mark.skipif(program() is None, reason="no chromium on PATH")

DESK, PHONE, PAPER = 1280, 390, 688  # CSS pixels; paper: A4 within the page's margins
CLASSES = ["disgust", "fear", "sad", "neutral (film)", "happiness"]

# What sticks out of the window and is in no box that scrolls, and what is wider than the element it stands in.
STICKS_OUT = """[...document.querySelectorAll('main *')].filter(e => !e.closest('.scroll') || e.matches('.scroll'))
  .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map(e => e.outerHTML.slice(0, 80))"""
CUT = """[...document.querySelectorAll('th, td, dd, li, p, h1, h2, h3, b, small, caption, figcaption')]
  .filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display != 'inline')
  .map(e => e.outerHTML.slice(0, 80))"""
SCROLLED = """[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth + 1)
  .map(e => [e.getAttribute('aria-label'), getComputedStyle(e).backgroundImage.split('gradient').length - 1,
             e.tabIndex])"""
FAR_CAPTIONS = """[...document.querySelectorAll('caption')]
  .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth).map(e => e.textContent)"""
PLOT_TEXT = """[...document.querySelectorAll('figure svg')].flatMap(svg => [...svg.querySelectorAll('text')]
  .filter(t => { const a = t.getBoundingClientRect(), b = svg.getBoundingClientRect();
                 return a.left < b.left - 2 || a.right > b.right + 2 || a.bottom > b.bottom + 2; })
  .map(t => t.textContent))"""


def many(parts: dict[str, Any]) -> dict[str, Any]:
    """The same run with five classes, 24 test subjects and simulated EEG: more of everything."""
    subjects = list(range(100, 124))
    parts["dataset"] |= {"simulated": True, "class_names": CLASSES, "classes": 5, "subjects_test": subjects,
                         "notes": [f"subject {who}: last 0.9 s are constant, trimmed" for who in subjects]}
    parts["accuracy"]["positive"] = None
    for row in parts["accuracy"]["classifiers"]:
        row["confusion"] = [[24 if i == j else 6 for j in range(5)] for i in range(5)]
        row["by_subject"] = [{str(who): 0.3 + 0.02 * (who % 24) for who in subjects} for _ in row["by_subject"]]
        row["balanced"] = [0.53] * len(row["balanced"])
        row["metrics"] = metrics(0.53)
    return parts


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module", params=["few", "many"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, parts = tmp_path_factory.mktemp(request.param), make_parts()
    written(folder, many(parts) if request.param == "many" else parts)
    return folder / "report.html"


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_nothing_sticks_out_or_is_cut(browser: Browser, page: Path, width: int) -> None:
    browser.open(page, width)
    assert browser.evaluate("innerWidth") == width
    assert browser.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert browser.evaluate(STICKS_OUT) == []
    assert browser.evaluate(CUT) == []
    assert browser.evaluate(PLOT_TEXT) == []
    assert browser.faults == []


def test_a_table_that_goes_on_shows_it(browser: Browser, page: Path) -> None:
    browser.open(page, DESK)
    assert browser.evaluate(SCROLLED) == []
    browser.open(page, PHONE)
    scrolled = browser.evaluate(SCROLLED)
    assert "Layers" in [name for name, _, _ in scrolled]
    assert all(name for name, _, _ in scrolled)
    assert browser.evaluate(FAR_CAPTIONS) == []
    # Two covers, two shadows; and the keyboard gets there.
    assert {tuple(rest) for _, *rest in scrolled} == {(4, 0)}


def test_every_picture_says_what_it_shows(browser: Browser, page: Path) -> None:
    browser.open(page, DESK)
    names = browser.pictures()
    assert len(names) == 1 + 3 + len(NEURONS)
    assert all(len(name) > 40 for name in names)


def test_it_prints_on_a4(browser: Browser, page: Path) -> None:
    browser.open(page, PAPER, "print")
    assert browser.evaluate(STICKS_OUT) == []
    assert browser.evaluate(CUT) == []
    assert browser.evaluate(SCROLLED) == []  # paper does not scroll
    pdf = browser.pdf()
    sizes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert sizes
    assert all(abs(float(w) - 595) < 1.5 and abs(float(h) - 842) < 1.5 for w, h in sizes)  # points
    assert 4 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 10
    assert browser.faults == []
