"""From the text of variables and a CONFIG file to Settings, all of it checked before anything is read or trained."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from base.checked import nearest, read_toml
from base.errors import UserError, expected
from flow.places import check_checkout, data_root, writable
from flow.settings import LIVE, STUDY, VARIABLES, Settings, usual_root, variable_name
from model.data.registry import SETS
from model.options import USUAL_RECIPE

CONFIG = "CONFIG"
FIELDS = {variable_name(field): field for field in VARIABLES}
_SCHEMA = Settings.model_json_schema(by_alias=False)["properties"]
_SHOWN = 80  # characters of a wrong value
_MANY = 2**20  # a limit above this is not worth saying


def read(target: str, texts: dict[str, str]) -> Settings:
    """Settings of a target from the variables that were given. UserError naming the one that is wrong.

    A variable goes before the CONFIG file's value of the same name. An empty text is none where the default is none.
    """
    check_checkout()
    config = texts.get(CONFIG, "")
    given = _config(config) if config else {}
    for name, text in texts.items():
        if name != CONFIG and (text or not VARIABLES[FIELDS[name]].default):
            given[FIELDS[name]] = _Given(name, _value(FIELDS[name], text), text)
    for field, one in given.items():
        if not used(field, target):
            raise one.expected(f"none with `make {target}`")
    return _check(target, given)


@dataclass(frozen=True)
class _Given:
    """Where a value stands, the value as JSON has it, and as it was written."""

    place: str
    value: Any
    written: Any

    def expected(self, wanted: str) -> UserError:
        return expected(self.place, repr(self.written)[:_SHOWN], wanted)


def _config(config: str) -> dict[str, _Given]:
    """Values of a CONFIG file by field."""
    path = Path(config)
    found = read_toml(path)
    keys = {name.lower(): field for name, field in FIELDS.items()}
    for key in found:
        if key not in keys:
            raise expected(f"{CONFIG}: {path}: {key}", "an unknown key", nearest(key, keys))
    return {keys[key]: _Given(f"{path}: {key}", value, value) for key, value in found.items()}


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
    if schema["type"] == "array" and schema["items"]["type"] == "string":
        return "names, with commas between"
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


def used(field: str, target: str) -> bool:
    """Whether a target of the study, or of the flow as a whole, looks at this field."""
    users = VARIABLES[field].used_by
    return target in users if target in STUDY or users == LIVE else any(user not in STUDY for user in users)


def _check(target: str, given: dict[str, _Given]) -> Settings:
    """The settings with these values; then what one value says about another, and what is there."""
    try:
        settings = Settings.model_validate_json(json.dumps(
            {variable_name(field).lower(): one.value for field, one in given.items()}, default=str))
    except ValidationError as error:
        field = FIELDS[str(error.errors(include_url=False)[0]["loc"][0]).upper()]
        raise given[field].expected(wanted(field)) from None
    known = SETS[settings.dataset]
    settings.choice.check()
    root = usual_root(settings.dataset)
    if settings.data_root is not None or (root is not None and target != "data"):
        root = data_root(str(settings.data_root or root), settings.dataset)
    whole = settings.model_copy(update={
        "data_root": root, "preset": settings.preset if "preset" in given else known.preset,
        "recipe": settings.recipe if "recipe" in given else known.recipe or USUAL_RECIPE,
        "out": writable(str(given["out"].written if "out" in given else settings.out))})
    for _ in (whole.network, whole.board_facts, whole.recipe_facts):  # all are read, and so checked
        pass
    return whole
