"""The page door: the same commands and queries as the JSON door, rendered for people (Jinja, htmx).

To add a page
1. A file of the subject (`web/meetings.py`) makes `page = Pages("sittings")` and routes functions with `@page.ask`
   (a page), `@page.act` (a form sent), `@page.open_` (no sign-in; its endpoint stands in `door.OPEN` or
   `door.PUBLIC_SITE`). The function takes `work` (and `said`, the form) and calls a query or a command; no rule here.
2. Its template extends `layout.html` and is made of the macros `ui.html` and `forms.html`; every form holds
   `{{ forms.csrf() }}` and `{{ key() }}`; sentences are Chinese in `_()`, with their English in
   `translations/en.po`.
3. The page object stands in `PAGES` below, its menu entry in `frame.menu`.
"""

from __future__ import annotations

from flask import Flask

from decision_engine.web import (
    accounts,  # noqa: F401  its routes stand on the page object of `register`
    almanac,
    archive,
    assets,
    auditing,
    cases,
    consulting,
    desk,
    frame,
    lawbook,
    listing,
    organs,  # noqa: F401  its routes stand on the page object of `register`
    papers,
    procedures,
    public,
    refusals,
    signing_in,
    sittings,
    starting,  # noqa: F401  its routes stand on the page object of `cases`
    styleguide,
    supervision,
    tasks,
    troubles,
)
from decision_engine.web.register import page as register_page

PAGES = (
    signing_in.page,
    frame.page,
    desk.page,
    cases.page,  # with the routes of `starting`
    listing.page,
    tasks.page,
    papers.page,
    public.page,
    consulting.page,
    auditing.page,
    supervision.page,
    archive.page,
    sittings.page,
    procedures.page,
    register_page,
    almanac.page,
    lawbook.page,
    troubles.page,
)

for _page in PAGES:  # once: a page belongs to every application that is made
    refusals.register(_page)


def register(app: Flask) -> None:
    """Open the page door on *app*."""
    assets.dress(app)
    frame.dress(app)
    before = set(app.view_functions)
    for page in PAGES:
        app.register_blueprint(page)
    app.register_blueprint(styleguide.styleguide)
    app.extensions["pages"] = (set(app.view_functions) - before) | {"static.hand_out"}
