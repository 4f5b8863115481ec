"""What is counted while the door works, in Prometheus' format; nothing of it names a person, a case or an address.

Labels have few values: the rule of a route, a status, a statutory step the forms know, a rule of the rule set; what
is none of those is counted as `other`. Each process counts for itself; whoever watches sums them up.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from functools import cache

from flask import Flask, current_app, g, request
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from decision_engine import forms, rules
from decision_engine.errors import DecisionEngineError, Forbidden, Unlawful

access = logging.getLogger("decision_engine.access")

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
OTHER = "other"
disable_created_metrics()  # type: ignore[no-untyped-call]


class Traffic:
    """The counters of one application."""

    def __init__(self) -> None:
        """Begin to count, from nothing."""
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "decision_engine_requests", "Requests answered.", ("route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "decision_engine_request_seconds",
            "Time to answer.",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self._steps = Histogram(
            "decision_engine_step_seconds", "Time to complete a step.", ("step",), buckets=SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self._refusals = Counter(
            "decision_engine_refusals", "Acts refused, by rule.", ("rule",), registry=self.registry
        )

    def count(self, route: str, status: int) -> None:
        """Count one answer, and write its line. *route* is the rule of the address, never one with ids in it."""
        took = time.monotonic() - g.get("began", time.monotonic())
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(took)
        if "step" in g:
            self._steps.labels(g.step).observe(took)
        access.info(
            "request",
            extra={
                "told": {"method": request.method, "route": route, "status": status, "ms": round(took * 1000)}
            },
        )

    def refused(self, error: DecisionEngineError) -> None:
        """Count the rules by which an act was refused."""
        for rule in _rules(error):
            self._refusals.labels(rule if rule in _known_rules() else OTHER).inc()

    def text(self, waiting: Mapping[str, float], helps: Mapping[str, str]) -> bytes:
        """Return the counters, and the gauges of *waiting* by name, as Prometheus reads them."""
        gauges = CollectorRegistry()
        for name, value in waiting.items():
            Gauge(f"decision_engine_{name}", helps[name], registry=gauges).set(value)
        return generate_latest(self.registry) + generate_latest(gauges)


def install(app: Flask) -> None:
    """Count what *app* answers, from the moment a request comes in."""
    app.extensions["traffic"] = Traffic()
    app.before_request(_begin)


def _begin() -> None:
    g.began = time.monotonic()


def step(name: str | None) -> None:
    """Say that this request completes the step *name*."""
    g.step = name if name in forms.steps() else OTHER


def traffic() -> Traffic:
    """Return the counters of this application."""
    found: Traffic = current_app.extensions["traffic"]
    return found


def _rules(error: DecisionEngineError) -> Iterable[str]:
    match error:
        case Unlawful():
            return {finding.rule for finding in error.findings}
        case Forbidden(rule=str() as rule):
            return {rule}
    return ()


@cache
def _known_rules() -> frozenset[str]:
    return frozenset(one.id for one in rules.declared())
