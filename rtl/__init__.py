"""SystemVerilog units, their ROMs, simulation, synthesis and cycle model."""
