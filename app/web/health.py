"""For those who watch over the process: `/healthz`, `/readyz`, `/metrics`."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from app.errors import Unavailable
from app.web.context import Services, ServicesOf

router = APIRouter(tags=["health"])


@router.get("/healthz")
def healthz() -> dict[str, str]:
    """The process is up and answers."""
    return {"status": "ok"}


@router.get("/readyz")
def readyz(services: ServicesOf) -> JSONResponse:
    """Whether it can do its work: `ready`, or `degraded` with what is missing, or 503 `unavailable` without an index."""
    degraded = _degraded(services)
    snapshot = services.snapshot
    age = (services.clock() - snapshot.manifest.created_at).total_seconds()
    body: dict[str, Any] = {
        "status": "degraded" if degraded else "ready",
        "degraded": degraded,
        "index_generation": snapshot.generation,
        "index_age_s": max(0, round(age)),
    }
    return JSONResponse(body, headers={"cache-control": "no-store"})


@router.get("/metrics", response_class=Response)
def metrics(request: Request, services: ServicesOf) -> Response:
    """Counters and durations in the Prometheus text format."""
    age = (services.clock() - services.snapshot.manifest.created_at).total_seconds()
    request.app.state.metrics.index_age_s.set(max(0.0, age))
    return Response(generate_latest(request.app.state.metrics.registry), media_type=CONTENT_TYPE_LATEST)


def _degraded(services: Services) -> list[str]:
    missing = list(services.holder.degraded)
    try:
        services.database.ping()
    except Unavailable:
        missing.append("database")
    return missing
