"""An application with nothing in it but the frame of the pages, the style guide and the strict policy."""

from __future__ import annotations

from flask import Flask, Response
from flask_babel import Babel

from decision_engine.web import assets
from decision_engine.web.styleguide import styleguide

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)


def bare_app() -> Flask:
    """Return it; drafts sent to `/styleguide/draft` are kept in `app.extensions["drafts"]`."""
    app = Flask("decision_engine", static_folder=None)
    Babel(app, default_locale="zh", default_timezone="Asia/Shanghai", locale_selector=lambda: "zh")
    assets.dress(app)
    app.register_blueprint(styleguide)
    app.extensions["drafts"] = []

    @app.post("/styleguide/draft")
    def keep() -> Response:
        from flask import request

        app.extensions["drafts"].append(request.form.to_dict())
        return Response(status=204)

    @app.get("/api/v1/openapi.json")
    def describe() -> dict[str, object]:
        answers = {"200": {"description": "OK"}}
        paths = {"/health": {"get": {"summary": "Is it well", "responses": answers}}}
        return {"openapi": "3.0.3", "info": {"title": "decision_engine", "version": "1"}, "paths": paths}

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response

    return app
