"""An electrode grid from the standard montage: every electrode in a cell, as near its place on the scalp as can be."""

from __future__ import annotations

import re
from functools import cache

import mne
import numpy as np
from scipy.optimize import linear_sum_assignment

from base.errors import expected
from model.data.grid import Grid

MONTAGE = "colin27_1005"  # 10-20, 10-10 and 10-5 names, and the older T3 T4 T5 T6
_FAR = 1e6  # a cell on the other side of the head, in squared cells


def from_montage(names: tuple[str, ...], height: int, width: int) -> Grid:
    """Place the electrodes `names` on a (height, width) grid.

    Positions are projected to a plane (azimuthal equidistant about the vertex), made symmetric, stretched so that
    they span the grid's cell centres, and assigned to cells at the least sum of squared distances. Left stays left
    of the middle column, right stays right of it, and the midline stands in it. Raises UserError on a name
    that the montage has not, on a name twice and on too small a grid.
    """
    if len(names) > height * width or len(set(names)) != len(names):
        raise expected("electrodes", f"{len(names)}, {len(set(names))} of them distinct",
                       f"distinct ones that fit {height}x{width} cells")
    plane = np.array([_project(name) for name in names])
    side = np.where(np.abs(plane[:, 0]) < 1e-6, 0, np.sign(plane[:, 0]))
    reach = max(np.abs(plane[:, 0]).max(), 1e-9)
    front, back = plane[:, 1].max(), plane[:, 1].min()
    rows = (front - plane[:, 1]) / max(front - back, 1e-9) * (height - 1)
    columns = plane[:, 0] / reach * (width - 1) / 2  # from the middle
    cells = np.stack(np.meshgrid(np.arange(height), np.arange(width) - (width - 1) / 2, indexing="ij"), axis=-1)
    cells = cells.reshape(-1, 2)
    distance = (rows[:, None] - cells[:, 0]) ** 2 + (columns[:, None] - cells[:, 1]) ** 2  # (electrodes, cells)
    # With an even number of columns there is no middle one: the midline takes a cell beside it.
    middle = np.where(np.abs(cells[:, 1]) < 1, 0 if width % 2 else np.sign(cells[:, 1]), np.sign(cells[:, 1]))
    allowed = (side[:, None] == middle) | ((side[:, None] == 0) & (np.abs(cells[:, 1]) < 1))
    chosen = linear_sum_assignment(distance + np.where(allowed, 0, _FAR))[1]
    grid: list[list[str | None]] = [[None] * width for _ in range(height)]
    for name, cell in zip(names, chosen, strict=True):
        grid[cell // width][cell % width] = name
    return tuple(tuple(row) for row in grid)


def _project(name: str) -> tuple[float, float]:
    """x to the right, y to the front: the angle from the vertex along the electrode's meridian, in rad.

    The montage is a measured head, a little askew; x and y are the mean with the mirrored partner's.
    """
    x, y, z = (_position(name) + [-1, 1, 1] * _position(_partner(name))) / 2
    scale = np.arctan2(np.hypot(x, y), z) / max(np.hypot(x, y), 1e-9)
    return float(x * scale), float(y * scale)


def _partner(name: str) -> str:
    """The electrode on the other side: F3 -> F4, Cz -> Cz."""
    match = re.fullmatch(r"(\D+)(\d+)(h?)", name)
    if not match:
        return name
    number = int(match[2])
    return f"{match[1]}{number + 1 if number % 2 else number - 1}{match[3]}"


def _position(name: str) -> np.ndarray:
    found = _positions().get(name.upper())
    if found is None:
        raise expected("electrodes", name, f"a name of mne's montage {MONTAGE}")
    return found


@cache
def _positions() -> dict[str, np.ndarray]:
    """Upper-case name: (3,) in m, from the centre of the sphere that fits all electrodes best."""
    found = mne.channels.make_standard_montage(MONTAGE).get_positions()["ch_pos"]
    points = np.array(list(found.values()))
    # Least squares for the sphere |p - c|^2 = r^2, linear in c and r^2 - |c|^2.
    system = np.column_stack([2 * points, np.ones(len(points))])
    centre = np.linalg.lstsq(system, (points**2).sum(axis=1), rcond=None)[0][:3]
    return {name.upper(): point - centre for name, point in zip(found, points, strict=True)}
