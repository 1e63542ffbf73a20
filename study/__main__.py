"""`python -m study <target>`: reproduce and choose, what the Makefile calls for them."""

from flow.cli import main
from study.cli import app

main(app)
