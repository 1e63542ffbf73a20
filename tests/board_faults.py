"""Faults of the simulated board, and the errors that they must meet."""
