"""Studies: every subject, seed, precision and ablation; what `make reproduce` runs."""
