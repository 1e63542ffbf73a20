"""The report: what the stages left, checked, judged, drawn."""
