"""Counts and times every request, by route and never by address: labels must stay few."""

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The figures of one app, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ["method", "route", "status"]
        self.requests = Counter("handrail_requests", "Requests answered", labels, registry=self.registry)
        self.seconds = Histogram(
            "handrail_request_seconds", "Time to answer", ["route"], registry=self.registry, buckets=_BUCKETS
        )
        self.index_age_s = Gauge(
            "handrail_index_age_seconds", "Age of the served index", registry=self.registry
        )


class Measured:
    """ASGI middleware, the outermost: refusals of the wall count too."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method, began, status = scope["method"], time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            self._metrics.requests.labels(_known(method), route, str(status)).inc()
            self._metrics.seconds.labels(route).observe(time.perf_counter() - began)


def _known(method: str) -> str:
    return method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "other"
