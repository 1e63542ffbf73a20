"""The run: settings, stages, errors, files and the report."""
