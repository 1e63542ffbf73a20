from flow.cli import app, main

main(app)
