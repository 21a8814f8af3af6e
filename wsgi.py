"""The application that a web server imports: ``gunicorn wsgi:app``."""

from tracker import cli, create_app

with cli.refusals_in_one_sentence():
    app = create_app()
