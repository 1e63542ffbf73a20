"""Packed products of the HLS: exact at the ends of every range, and as many to a DSP slice as the RTL packs."""

from __future__ import annotations

import numpy as np
import pytest

from base.files import write_text
from hls.csim import CHECKED, build, execute
from hls.emit import HERE
from spec.units import value_range

# (bits of x, bits of w, lanes, narrow): products per slice, as the table in rtl/units/packed_dot.sv has them.
CASES = {(8, 8, 1, 0): 2, (8, 8, 4, 0): 1, (8, 8, 4, 1): 2, (6, 6, 1, 0): 2, (4, 4, 1, 0): 3, (4, 4, 1, 1): 4,
         (8, 4, 2, 0): 2, (5, 7, 3, 1): 2, (12, 8, 2, 0): 1}
OUTPUTS = 5  # a last slice that is not full
ROUNDS = 400
SOURCE = """#include <cstdlib>
#include <fstream>
#include <vector>
#include "kernels/packed_dot.hpp"

template <int X, int W, int LANES, bool NARROW, int PER_SLICE>
void run(std::ifstream& in, std::ofstream& out) {
    using pack = packing<ap_int<X>, ap_int<W>, LANES, NARROW>;
    static_assert(pack::COUNT == PER_SLICE, "products per slice");
    static_assert(pack::word_t::width <= 25 && pack::sum_t::width <= 48, "one slice");
    for (int round = 0; round < ROUNDS; ++round) {
        int64_t word;
        ap_int<X> x[LANES];
        ap_int<W> weight[OUTPUTS][LANES];
        ap_int<40> dots[OUTPUTS];
        auto read = [&] { in.read(reinterpret_cast<char*>(&word), sizeof word); return word; };
        for (auto& value : x) value = read();
        for (auto& row : weight) for (auto& value : row) value = read();
        packed_dot<OUTPUTS, LANES, NARROW>(x, weight, dots);
        for (const auto& dot : dots) {
            word = dot.to_int64();
            out.write(reinterpret_cast<const char*>(&word), sizeof word);
        }
    }
}

int main(int, char** argv) {
    std::ifstream in(argv[1], std::ios::binary);
    std::ofstream out(argv[2], std::ios::binary);
CALLS
}
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[int, ...], tuple[np.ndarray, np.ndarray]]:
    """Per case the dot products, (ROUNDS, OUTPUTS): exact ones, and those of the kernel."""
    folder, rng = tmp_path_factory.mktemp("packed"), np.random.default_rng(0)
    for name in ("packed_dot.hpp", "pragmas.hpp"):
        write_text(folder / "kernels" / name, (HERE / "kernels" / name).read_text())
    calls = "\n".join(f"    run<{x}, {w}, {lanes}, {bool(narrow):d}, {count}>(in, out);"
                      for (x, w, lanes, narrow), count in CASES.items())
    source = SOURCE.replace("ROUNDS", str(ROUNDS)).replace("OUTPUTS", str(OUTPUTS)).replace("CALLS", calls)
    write_text(folder / "packed.cpp", source)
    stimulus, wanted = [], []
    for x_bits, w_bits, lanes, narrow in CASES:
        x = drawn(rng, x_bits, 0, (ROUNDS, lanes))
        weight = drawn(rng, w_bits, narrow, (ROUNDS, OUTPUTS, lanes))
        stimulus.append(np.concatenate([x, weight.reshape(ROUNDS, -1)], axis=1).ravel())
        wanted.append(np.einsum("rl,rol->ro", x, weight))
    (folder / "in").write_bytes(np.concatenate(stimulus).astype(np.int64).tobytes())
    execute([str(build(folder, ("packed.cpp",), CHECKED)), str(folder / "in"), str(folder / "out")])
    found = np.fromfile(folder / "out", np.int64).reshape(len(CASES), ROUNDS, OUTPUTS)
    return dict(zip(CASES, zip(wanted, found, strict=True), strict=True))


def drawn(rng: np.random.Generator, bits: int, narrow: int, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers of the whole range, the first half of them its ends, -1, 0 and 1 alone; narrow: without the smallest."""
    low, high = value_range(bits, signed=True)
    low += narrow
    numbers = rng.integers(low, high + 1, shape)
    numbers[:ROUNDS // 2] = rng.choice([low, -1, 0, 1, high], (ROUNDS // 2, *shape[1:]))
    numbers[0], numbers[1] = low, high
    return numbers


@pytest.mark.parametrize("case", CASES, ids=str)
def test_packed_products_are_exact(
    case: tuple[int, ...], answers: dict[tuple[int, ...], tuple[np.ndarray, np.ndarray]]
) -> None:
    wanted, found = answers[case]
    np.testing.assert_array_equal(found, wanted)
    assert len(np.unique(wanted)) > 20
