"""What others have published, each number with its source, and whether the source was read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """One design. `read`: what of it was found in the source itself; empty where the source was not found."""

    what: str
    part: str
    area: str
    time: str
    energy: str
    source: str
    read: str


MLPERF = ("MLPerf Tiny v0.7, [mlcommons/tiny_results_v0.7](https://github.com/mlcommons/tiny_results_v0.7), "
          "open/hls4ml-finn; paper [arXiv:2206.11791](https://arxiv.org/abs/2206.11791)")
ROWS = (
    Published("FINN, keyword spotting, 3 bits (KWS-W3A3), MLP", "XC7Z020 (PYNQ-Z2)", "", "17.5 µs",
              "30.7 µJ, whole board", MLPERF,
              "median of the submitted log: 57,268 inferences per second, one at a time; 30.667 µJ"),
    Published("hls4ml, anomaly detection (AD08), autoencoder", "XC7Z020 (PYNQ-Z2)", "", "18.7 µs",
              "30.0 µJ, whole board", MLPERF,
              "median of the submitted log: 53,365 inferences per second, one at a time; 30.006 µJ"),
    Published("snn-fpga, MNIST", "Artix-7, 100 MHz", "6,358 LUT, 40.5 BRAM", "520 µs", "",
              "Fan, Levy, [arXiv:2507.07284](https://arxiv.org/abs/2507.07284)", "abstract"),
    Published("Spiker+, MNIST", "Xilinx, small", "7,612 logic cells, 18 BRAM", "780 µs", "180 mW",
              "Carpegna, Savino, Di Carlo, [arXiv:2401.01141](https://arxiv.org/abs/2401.01141)", "abstract"),
    Published("Spiker+, spoken digits (SHD)", "Xilinx", "18,268 logic cells, 51 BRAM", "54 µs", "430 mW",
              "as above", "abstract"),
    Published("Flexi-NeurA, 256-128-10, MNIST, 97.23 %", "FPGA", "1,623 logic cells, 7 BRAM", "1.1 ms", "111 mW",
              "Farahani, Roshanshah, Safari, [arXiv:2602.18140](https://arxiv.org/abs/2602.18140)", "abstract"),
    Published("SYNtzulu, EEG seizure detection (CHB-MIT)", "FPGA", "", "0.5 µs", "4.55 nJ",
              "Busia and others, IEEE TBioCAS 2025, [10.1109/TBCAS.2025.3575327]"
              "(https://doi.org/10.1109/TBCAS.2025.3575327)", "abstract"),
    Published("256 LIF neurons", "XC7Z020", "27,205 LUT, 38 DSP", "", "", "not found", ""),
    Published("TTFS, MNIST, 87.4 %", "FPGA, 80 MHz", "", "0.1375 µs", "31.6 nJ", "not found", ""),
)


def table() -> str:
    lines = ["| design | part | area | time per inference | energy or power | source | read there |",
             "|---|---|---|---|---|---|---|"]
    lines += [f"| {row.what} | {row.part} | {row.area} | {row.time} | {row.energy} | {row.source} | "
              f"{row.read or '**not verified**'} |" for row in ROWS]
    return "\n".join(lines)
