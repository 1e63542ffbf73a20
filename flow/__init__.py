"""The run: settings, stages and the report."""
