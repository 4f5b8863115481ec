"""The evidence bundle of a case, to be taken away and checked elsewhere."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Response

from decision_engine.api import identity
from decision_engine.api.fields import Number, Said
from decision_engine.api.room import Room
from decision_engine.queries import bundle, cases
from decision_engine.work import Work

room = Room("bundle", "证据包", "Evidence bundles")


class BundleQuery(Said):
    """What the bundle is to prove beyond the case itself."""

    since = Number("他处所存检查点的条数", "Size of a checkpoint held elsewhere", least=1, most=999_999_999)


@room.ask(
    "/cases/<id:case_id>/bundle", "导出证据包", "The evidence bundle", query=BundleQuery, noted=True,
    media_type="application/zip",
)  # fmt: skip
def bundle_of_case(work: Work, query: dict[str, Any], case_id: str) -> Response:
    """Return the bundle under the newest checkpoint, for whoever may read the log; the export is noted."""
    case = cases.one_case(work, case_id, "log.read")
    cases.note_reading(work, case.id, "bundle")
    since = [query["since"]] if query.get("since") is not None else []
    made = bundle.of_case(work, case, policy=bundle.own_policy(identity.house().settings), since=since)
    response = Response(made.content, content_type="application/zip")
    name = quote(f"{case.label}-{made.size}.zip", safe="")
    response.headers["Content-Disposition"] = f"attachment; filename=\"bundle.zip\"; filename*=UTF-8''{name}"
    return response
