"""Training, tuning and lowering. One module each, so that each depends on no more than it needs."""
