"""Every route of the application, and bodies that fit its description: what the tests of all routes are made from."""

import re
from dataclasses import dataclass
from typing import Any

from fastapi.routing import APIRoute

from app.main import ROUTERS, api_description

DESCRIPTION = api_description()
_HOLE = re.compile(r"\{([^}]*)\}")


@dataclass(frozen=True)
class Call:
    """One method of one path; `schema` describes the JSON body, `parameters` the rest."""

    method: str
    path: str
    schema: dict[str, Any] | None = None
    parameters: tuple[dict[str, Any], ...] = ()

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def at(self, values: dict[str, str]) -> str:
        """The path with its holes filled."""
        return filled(self.path, values)


def filled(path: str, values: dict[str, str]) -> str:
    """A path with its holes filled."""
    return _HOLE.sub(lambda hole: values[hole[1]], path)


def all_routes() -> list[Call]:
    """Pages and endpoints, described or not; `/openapi.json`, which FastAPI itself adds, is not among them."""
    routes = (route for router in ROUTERS for route in router.routes)
    return [
        Call(method, route.path)
        for route in routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods or ())
    ]


def described() -> list[Call]:
    """The endpoints of `openapi.json`."""
    calls = []
    for path, methods in DESCRIPTION["paths"].items():
        for method, told in methods.items():
            content = told.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema")
            calls.append(Call(method.upper(), path, schema, tuple(told.get("parameters", ()))))
    return calls


def taking_json() -> list[Call]:
    """The endpoints that take a JSON body."""
    return [call for call in described() if call.schema is not None]


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without `$ref`, and without the alternative that is null."""
    if options := schema.get("anyOf"):
        return resolved(next(one for one in options if one.get("type") != "null"))
    if "$ref" in schema:
        return resolved(DESCRIPTION["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    return schema


def sample(schema: dict[str, Any], *, everything: bool = False) -> Any:
    """A value that fits: only what is required, or `everything`."""
    told, known = schema.get("examples"), resolved(schema)
    match known:
        case {"enum": [first, *_]}:
            return first
        case {"type": "object", "properties": properties}:
            wanted = properties if everything else known.get("required", [])
            return {name: sample(properties[name], everything=everything) for name in wanted}
    if told or known.get("examples"):
        return (told or known["examples"])[0]
    least = {"boolean": True, "integer": 1, "number": 1, "array": [], "string": "some words"}
    return least[known["type"]]


def first_text(schema: dict[str, Any]) -> str:
    """The name of a field that takes text."""
    properties = resolved(schema)["properties"]
    return next(name for name, one in properties.items() if resolved(one).get("type") == "string")
