"""Official API documents (OpenAPI 3.0, Swagger 2.0) as judges of requests and answers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import yaml
from jsonschema import Draft4Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT4

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from jsonschema.protocols import Validator

_ROOT: Final = "urn:document"
_FORMATS: Final = FormatChecker(formats=())
_FORMATS.checks("uuid", raises=ValueError)(lambda value: not isinstance(value, str) or bool(UUID(value)))
_FORMATS.checks("date", raises=ValueError)(lambda value: not isinstance(value, str) or bool(date.fromisoformat(value)))
# Without a zone too: real services leave it out where their documents say date-time.
_FORMATS.checks("date-time", raises=ValueError)(
    lambda value: not isinstance(value, str) or bool(datetime.fromisoformat(value))
)


class OffContractError(AssertionError):
    """A request or an answer is not what the official document says; the message lists all that differs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One path and method of the document, with the values that the path holds."""

    template: str
    method: str
    path_values: Mapping[str, str]
    spec: Mapping[str, Any]
    parameters: tuple[Mapping[str, Any], ...]


class Contract:
    """One official document. Paths are given as the document has them, without the server's own part."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document: Mapping[str, Any] = _nullable(document)
        self._old = "swagger" in document
        self._registry: Registry[Any] = Registry().with_resource(_ROOT, DRAFT4.create_resource(self._document))

    # ---- judging ----

    def check_request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | str | None = None,
        content_type: str | None = None,
    ) -> None:
        """Judge a request: every parameter known and well-formed, none missing that must be there, the body fits."""
        operation = self.operation(method, path)
        asked = dict(query or {})
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        faults = [
            f"query parameter {name} is not documented"
            for name in sorted(set(asked) - {one["name"] for one in operation.parameters if one["in"] == "query"})
        ]
        for parameter in operation.parameters:
            name, place = parameter["name"], parameter["in"]
            if place not in {"query", "header", "path"}:
                continue
            value = {"query": asked.get(name), "header": sent.get(name.lower())}.get(
                place, operation.path_values.get(name)
            )
            if value is None:
                if parameter.get("required"):
                    faults.append(f"{place} parameter {name} is missing")
                continue
            schema = parameter if self._old else parameter["schema"]
            faults += [f"{place} parameter {name}: {fault}" for fault in self._faults(schema, _typed(schema, value))]
        faults += self._body_faults(operation, body, content_type)
        _raise(f"{method} {path}", faults)

    def check_answer(
        self, method: str, path: str, status: int, *, content_type: str | None = None, body: bytes | str = b""
    ) -> None:
        """Judge an answer as it came over the wire."""
        operation = self.operation(method, path)
        answer = self._answer(operation, status)
        if answer is None:
            raise OffContractError(f"{method} {path}: status {status} is not documented")
        kinds = self._content(operation, answer)
        if not kinds:
            _raise(f"{method} {path} {status}", ["a body where none is documented"] if body else [])
            return
        kind = (content_type or "").partition(";")[0].strip()
        if kind not in kinds:
            raise OffContractError(f"{method} {path} {status}: {kind or 'no content type'}, not {', '.join(kinds)}")
        if kind.endswith("json") and kinds[kind] is not None:
            _raise(f"{method} {path} {status}", self._faults(kinds[kind], decoded(body)))

    def check_payload(self, method: str, path: str, status: int, payload: Any) -> None:
        """Judge a JSON answer that was read already (and, where the document misses an envelope, unwrapped)."""
        operation = self.operation(method, path)
        _raise(f"{method} {path} {status}", self._faults(self._json_schema(operation, status), payload))

    def unknown_names(self, method: str, path: str, status: int, payload: Any) -> set[str]:
        """Give the field names of a JSON answer, at any depth, that the document does not know at their place."""
        operation = self.operation(method, path)
        return set(self._unknown(self._json_schema(operation, status), payload))

    def documents(self, method: str, path: str, status: int) -> bool:
        """Say whether the document speaks of such an answer."""
        return self._answer(self.operation(method, path), status) is not None

    def operation(self, method: str, path: str) -> Operation:
        """Find what the document says of a path; a path without a variable goes before one with."""
        for template in sorted(self._document["paths"], key=lambda one: one.count("{")):
            match = _template(template).fullmatch(path)
            item = self._document["paths"][template]
            if match is None or method.lower() not in item:
                continue
            spec = item[method.lower()]
            names = re.findall(r"{([^}]+)}", template)
            given = [self._resolved(one) for one in (*item.get("parameters", ()), *spec.get("parameters", ()))]
            return Operation(
                template=template,
                method=method.upper(),
                path_values=dict(zip(names, match.groups(), strict=True)),
                spec=spec,
                parameters=tuple(given),
            )
        raise OffContractError(f"{method} {path} is not documented")

    # ---- the inner parts ----

    def _answer(self, operation: Operation, status: int) -> Mapping[str, Any] | None:
        answers = operation.spec.get("responses", {})
        found = answers.get(str(status), answers.get("default"))
        return None if found is None else self._resolved(found)

    def _content(self, operation: Operation, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Give the schema of an answer by its content type."""
        if not self._old:
            return {kind: inner.get("schema") for kind, inner in answer.get("content", {}).items()}
        if "schema" not in answer:
            return {}
        kinds = operation.spec.get("produces", self._document.get("produces", ["application/json"]))
        return dict.fromkeys(kinds, answer["schema"])

    def _json_schema(self, operation: Operation, status: int) -> Any:
        answer = self._answer(operation, status)
        for kind, schema in ({} if answer is None else self._content(operation, answer)).items():
            if kind.endswith("json"):
                return schema
        raise OffContractError(f"{operation.method} {operation.template}: no JSON is documented for {status}")

    def _body_faults(self, operation: Operation, body: bytes | str | None, content_type: str | None) -> list[str]:
        kinds, required = self._body_kinds(operation)
        if not body:
            return ["the body is missing"] if required else []
        if not kinds:
            return ["a body where none is documented"]
        kind = (content_type or "").partition(";")[0].strip()
        if kind not in kinds:
            return [f"the body is {kind or 'of no content type'}, not {', '.join(kinds)}"]
        if not kind.endswith("json"):
            return []
        return [f"body: {fault}" for fault in self._faults(kinds[kind], decoded(body))]

    def _body_kinds(self, operation: Operation) -> tuple[dict[str, Any], bool]:
        if self._old:
            for parameter in operation.parameters:
                if parameter["in"] == "body":
                    kinds = operation.spec.get("consumes", self._document.get("consumes", ["application/json"]))
                    return dict.fromkeys(kinds, parameter["schema"]), bool(parameter.get("required"))
            return {}, False
        if "requestBody" not in operation.spec:
            return {}, False
        body = self._resolved(operation.spec["requestBody"])
        return {kind: inner.get("schema") for kind, inner in body["content"].items()}, bool(body.get("required"))

    def _faults(self, schema: Any, value: Any) -> list[str]:
        return [
            f"{'/'.join(map(str, fault.absolute_path)) or 'it'}: {fault.message[:300]}"
            for fault in self._validator(schema).iter_errors(value)
        ]

    def _validator(self, schema: Any) -> Validator:
        # The document is the base: "#/components/.." inside an inline schema means a part of it.
        based = json.loads(json.dumps(schema).replace('"$ref": "#/', f'"$ref": "{_ROOT}#/'))
        based.pop("required", None) if isinstance(based.get("required"), bool) else None
        validator: Validator = Draft4Validator(based, registry=self._registry, format_checker=_FORMATS)
        return validator

    def _resolved(self, part: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in part:
            found: Any = self._document
            for step in part["$ref"].removeprefix("#/").split("/"):
                found = found[step.replace("~1", "/").replace("~0", "~")]
            part = found
        return part

    def _unknown(self, schema: Any, value: Any) -> Iterator[str]:
        schema = self._resolved(schema)
        if isinstance(value, list):
            for inner in value:
                yield from self._unknown(schema.get("items", {}), inner)
        elif isinstance(value, dict) and "properties" in schema:
            for name, inner in value.items():
                if name in schema["properties"]:
                    yield from self._unknown(schema["properties"][name], inner)
                else:
                    yield name


def decoded(body: bytes | str) -> Any:
    """Read JSON with Decimals, refusing NaN and a key that stands twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise OffContractError(f"a key stands twice among {[name for name, _ in pairs]}")
        return found

    def refuse(word: str) -> Any:
        raise OffContractError(f"{word} is no JSON")

    return json.loads(body, parse_float=Decimal, parse_constant=refuse, object_pairs_hook=once)


@cache
def contract(path: Path) -> Contract:
    """Load an official document, once for a run of the tests."""
    text = path.read_text(encoding="utf-8")
    return Contract(json.loads(text) if path.suffix == ".json" else yaml.load(text, yaml.CSafeLoader))


@cache
def _template(template: str) -> re.Pattern[str]:
    parts = re.split(r"{[^}]+}", template)
    return re.compile("([^/]+)".join(map(re.escape, parts)))


def _nullable(schema: Any) -> Any:
    """Say `nullable: true` of OpenAPI 3.0 (x-nullable of Swagger 2) as JSON Schema does; keys become text."""
    if isinstance(schema, list):
        return [_nullable(inner) for inner in schema]
    if isinstance(schema, date):
        # YAML reads unquoted examples as dates.
        return schema.isoformat()
    if not isinstance(schema, dict):
        return schema
    made = {str(key): _nullable(inner) for key, inner in schema.items()}
    if True in {schema.get("nullable"), schema.get("x-nullable")} and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
        if "enum" in made:
            made["enum"] = [*made["enum"], None]
    return made


def _typed(schema: Mapping[str, Any], value: str) -> Any:
    """Read a parameter's text as the type that the document gives it; what cannot be read stays text."""
    kind = schema.get("type")
    if kind == "array":
        return [_typed(schema.get("items", {}), part.strip()) for part in value.split(",")]
    if kind == "boolean":
        return {"true": True, "false": False}.get(value.lower(), value)
    if kind in {"integer", "number"} and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return int(value) if kind == "integer" and "." not in value else Decimal(value)
    return value


def _raise(about: str, faults: list[str]) -> None:
    if faults:
        raise OffContractError(f"{about}: " + "; ".join(faults[:20]))
