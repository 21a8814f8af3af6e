"""The yardstick: the smallest page that Flask serves, under the same server in the same run."""

from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello() -> str:
    """A page without a question, a template or a check."""
    return "Hello, world!"
