"""The headers of every answer: what a browser may do with it, and whether it may keep it (R35, R36, R37)."""

from __future__ import annotations

from flask import Flask, Response, current_app, request

from tracker import history

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "manifest-src 'self'",
    ]
)
UNUSED_FEATURES = (
    "camera",
    "display-capture",
    "geolocation",
    "microphone",
    "payment",
    "publickey-credentials-get",
    "usb",
)
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in UNUSED_FEATURES),
}
ONE_YEAR = 31_536_000
ASSETS = ("/static/", "/assets/")


def init_headers(app: Flask) -> None:
    """Attach the headers to every answer of ``app``, errors included."""
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", POLICY)  # a download sets a stricter one of its own
    for name, value in ALWAYS.items():
        headers[name] = value
    if current_app.config["SETTINGS"].is_production:
        headers["Strict-Transport-Security"] = f"max-age={ONE_YEAR}; includeSubDomains"
    if not request.path.startswith(ASSETS) or response.status_code >= 400:
        headers["Cache-Control"] = "no-store"
    headers["X-Request-Id"] = history.request_id()
    return response
