"""The same quantised network through other people's tools, beside ours: `make peers`. Nothing imports this room."""
