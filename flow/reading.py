"""From the text of variables and a CONFIG file to Settings, all of it checked before anything is read or trained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from base.checked import nearest, read_toml
from base.errors import expected
from flow.places import check_checkout, data_root, writable
from flow.settings import STUDY, VARIABLES, Settings, usual_root, variable_name
from model.data.folds.splits import parse_subjects
from model.data.registry import SETS

CONFIG = "CONFIG"
FIELDS = {variable_name(field): field for field in VARIABLES}
_SCHEMA = Settings.model_json_schema(by_alias=False)["properties"]
_MANY = 2**20  # a limit above this is not worth saying


def read(target: str, texts: dict[str, str]) -> Settings:
    """Settings of a target from its variables, an empty text being none. UserError naming the variable that is wrong.

    A variable goes before the CONFIG file's value of the same name.
    """
    check_checkout()
    config = texts.get(CONFIG, "")
    values, places = _config(config) if config else ({}, {})
    for name, text in texts.items():
        if text and name != CONFIG:
            values[FIELDS[name]], places[FIELDS[name]] = _value(FIELDS[name], text), name
    _refuse_ignored(target, values, places)
    return _check(target, values, places)


def _config(config: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Values of a CONFIG file by field, and where each stands."""
    path = Path(config)
    found = read_toml(path)
    keys = {name.lower(): field for name, field in FIELDS.items()}
    for key in found:
        if key not in keys:
            raise expected(f"{CONFIG}: {path}: {key}", "an unknown key", nearest(key, keys))
    return {keys[key]: value for key, value in found.items()}, {keys[key]: f"{path}: {key}" for key in found}


def _value(field: str, text: str) -> Any:
    """What a text means for a field's type; the text itself where it means nothing there, to be refused with."""
    schema = schema_of(field)
    if schema["type"] == "array":
        items = [] if text == "none" else text.split(",")
        return [_scalar(schema["items"]["type"], item.strip()) for item in items]
    return _scalar(schema["type"], text)


def _scalar(kind: str, text: str) -> Any:
    try:
        return {"integer": int, "number": float}[kind](text)
    except (KeyError, ValueError):
        return text


def schema_of(field: str) -> dict[str, Any]:
    """A field's JSON schema, without the `or nothing` that a default may add."""
    schema: dict[str, Any] = _SCHEMA[field]
    kinds = [kind for kind in schema.get("anyOf", [schema]) if kind.get("type") != "null"]
    return kinds[0]


def wanted(field: str) -> str:
    """What a field's value has to be, in words."""
    if choices := VARIABLES[field].choices:
        return ("some of " if schema_of(field)["type"] == "array" else "one of ") + ", ".join(choices)
    schema = schema_of(field)
    if schema["type"] == "array":
        return f"whole numbers{_range(schema['items'])}, with commas between"
    return {"integer": "a whole number", "number": "a number"}.get(schema["type"], "a text") + _range(schema)


def _range(schema: dict[str, Any]) -> str:
    low, high = schema.get("minimum", schema.get("exclusiveMinimum")), schema.get("maximum", _MANY)
    if low is None:
        return ""
    if "exclusiveMinimum" in schema:
        return f", above {low:g}, at most {high:g}"
    return f", {low:g} … {high:g}" if high < _MANY else f", at least {low:g}"


def _refuse_ignored(target: str, values: dict[str, Any], places: dict[str, str]) -> None:
    """UserError on a variable that this target would ignore."""
    for field, value in values.items():
        if not used(field, target):
            raise expected(places[field], repr(value), f"none with `make {target}`")


def used(field: str, target: str) -> bool:
    """Whether a target of the study, or of the flow as a whole, looks at this field."""
    users = VARIABLES[field].used_by
    return target in users if target in STUDY else any(user not in STUDY for user in users)


def _check(target: str, values: dict[str, Any], places: dict[str, str]) -> Settings:
    """The settings with these values, as JSON has them; then what one value says about another, and what is there."""
    try:
        settings = Settings.model_validate_json(json.dumps(
            {variable_name(field).lower(): value for field, value in values.items()}, default=str))
    except ValidationError as error:
        field = FIELDS[str(error.errors(include_url=False)[0]["loc"][0]).upper()]
        raise expected(places[field], repr(values[field]), wanted(field)) from None
    known = SETS[settings.dataset]
    if settings.test_subjects is not None:
        parse_subjects(settings.test_subjects)
    root = usual_root(settings.dataset)
    if settings.data_root is not None or (root is not None and target != "data"):
        root = data_root(places.get("data_root", "DATA_ROOT"), str(settings.data_root or root), settings.dataset)
    whole = settings.model_copy(update={
        "data_root": root, "preset": settings.preset if "preset" in values else known.preset,
        "out": writable(places.get("out", "OUT"), str(values.get("out", settings.out)))})
    for _ in (whole.network, whole.board_facts):  # both are read, and so checked
        pass
    return whole
