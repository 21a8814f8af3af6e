"""The application that a web server imports: ``gunicorn wsgi:app``."""

from tracker import create_app

app = create_app()
