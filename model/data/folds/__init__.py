"""Trials to samples: windows, splits and protocols, standardisation."""
