"""1373 Tracker: country visits, what they found, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from tracker import config, tape

__all__ = ["create_app"]


class Tracker(Flask):
    """The application. Its views and hooks are plain functions: nobody asks each of them, at each request, whether it
    is a coroutine."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself."""
        return func


def create_app(settings: config.Settings | None = None) -> Flask:
    """Make the application. Raises RefusedToStart when the settings or the database make that unsafe (R40)."""
    from tracker import cli, extensions, web

    settings = settings or config.read()
    config.check(settings)
    app = Tracker(
        "tracker",
        instance_path=str(settings.instance.resolve()),
        template_folder=str(config.ROOT / "templates"),
        static_folder=None,
    )
    app.jinja_environment = web.Environment
    app.config.update(_flask_settings(settings))
    if settings.trusted_proxies:
        proxied = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies)
        app.wsgi_app = proxied  # type: ignore[method-assign]  # as Flask's documentation does
    extensions.init(app)
    web.init(app)
    cli.register(app)
    return app


def _flask_settings(settings: config.Settings) -> dict[str, object]:
    return {
        "SETTINGS": settings,
        "SECRET_KEY": settings.secret_key,
        "TESTING": settings.env == "test",
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(settings),
        "MAIL_SERVER": settings.mail_server,
        "MAIL_PORT": settings.mail_port,
        "MAIL_USERNAME": settings.mail_username,
        "MAIL_PASSWORD": settings.mail_password,
        "MAIL_USE_TLS": settings.mail_tls,
        "MAIL_DEFAULT_SENDER": settings.mail_sender,
        "BABEL_DEFAULT_LOCALE": "en",
        "BABEL_TRANSLATION_DIRECTORIES": str(Path(__file__).parent / "translations"),
        "BABEL_DEFAULT_TIMEZONE": str(settings.timezone),
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": False,
        "WTF_I18N_ENABLED": False,  # the messages are ours, and its own catalogue would be read anew for each request
        "RATES_COUNT": settings.env != "test",
        "PAGES_KEPT": 96,  # by each process, of 100 to 500 KB with what they rest on; 0 for none
        "MAX_CONTENT_LENGTH": 26 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "MAX_FORM_PARTS": 1_000,
    }


def _engine_options(settings: config.Settings) -> dict[str, object]:
    if settings.database_url.startswith("sqlite"):
        return {"connect_args": {"check_same_thread": False, **tape.CONNECT_ARGS["sqlite"]}}
    # Compiling the cells of a file takes seconds before its first row.
    options = "-c timezone=UTC -c jit=off"
    return {
        "pool_pre_ping": True,
        "pool_size": 10,
        "max_overflow": 10,
        "connect_args": {"options": options, **tape.CONNECT_ARGS["postgresql"]},
    }
