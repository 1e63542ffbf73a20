"""What people write by hand, as typed models: unknown keys and wrong values are named, one line for each file."""

from __future__ import annotations

import difflib
import json
import os
import tomllib
import typing
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from base.errors import UserError, expected

# A name that can stand in a path or a comment of any language as it is.
Slug = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]
_SHOWN = 80  # characters of a wrong value
_WORDS = {"Input should be ": "", "Input should ": "", "greater than or equal to": "at least",
          "less than or equal to": "at most"}


class Checked(BaseModel):
    """A table of values that people write: no other keys, no other types, no infinite numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


Model = TypeVar("Model", bound=BaseModel)


def load_toml(path: Path, model: type[Model], title: str | None = None) -> Model:
    """The model that a TOML file holds. UserError, beginning with `title` or the path, on anything wrong in it."""
    return check(read_toml(path), model, title or str(path))


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file's tables. A byte-order mark is left out. UserError where it is no TOML in UTF-8."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:  # UnicodeDecodeError, TOMLDecodeError are ValueErrors
        raise UserError(f"{path}: no readable TOML ({' '.join(str(error).split())})") from None


def toml_names(folder: Path) -> list[str]:
    """Names of the .toml files in a folder, without their ending."""
    return sorted(path.stem for path in folder.glob("*.toml"))


def named_toml(variable: str, name: str, folder: Path) -> Path:
    """The file `name` where it ends in .toml, else that of this name in `folder`; UserError where there is none."""
    if name.endswith(".toml"):
        path = Path(name)
        if not os.path.isfile(path):  # which never raises
            raise expected(variable, name, f"a .toml file that is there, or one of {', '.join(toml_names(folder))}")
        return path
    if name not in toml_names(folder):
        raise expected(variable, name, f"a .toml file, or {nearest(name, toml_names(folder))}")
    return folder / f"{name}.toml"


def check(values: dict[str, Any], model: type[Model], title: str = "") -> Model:
    """The model with these values, as TOML or JSON have them (lists for tuples, text for paths).

    UserError on the first wrong one: `title: place: got X, expected Y`; places in lists count from 1.
    """
    try:
        return model.model_validate_json(json.dumps(values, default=str))  # as JSON: strict there still takes lists
    except ValidationError as error:
        raise first_error(error, model, title) from None


def first_error(error: ValidationError, model: type[BaseModel], title: str = "") -> UserError:
    """The first of pydantic's errors in this project's form."""
    errors = error.errors(include_url=False)
    first = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])  # why another one is missing
    place = ": ".join(filter(None, (title, ".".join(_places(first["loc"])))))
    match first["type"]:
        case "missing":
            return expected(place, "nothing", _described(model, first["loc"]) or "a value")
        case "extra_forbidden":
            known = _keys(model, first["loc"][:-1])
            return expected(place, "an unknown key", nearest(str(first["loc"][-1]), known))
        case "value_error":  # of a validator, which words the message itself
            return UserError(": ".join(filter(None, (place, str(first["ctx"]["error"])))))
        case _:
            return expected(place, _short(first["input"]), _wanted(first))


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that `word` was probably meant to be, else all of them."""
    names = list(known)
    close = difflib.get_close_matches(word.lower(), names, n=1)
    return close[0] if close else "one of " + ", ".join(names)


def _places(location: tuple[int | str, ...]) -> list[str]:
    return [str(part + 1 if isinstance(part, int) else part) for part in location]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} …"


def _wanted(error: ErrorDetails) -> str:
    text = error["msg"]
    for pydantics, ours in _WORDS.items():
        text = text.replace(pydantics, ours)
    return text


def _described(model: type[BaseModel], location: tuple[int | str, ...]) -> str | None:
    """What the documentation says of the value at this place."""
    owner = _model_at(model, location[:-1])
    field = owner.model_fields.get(str(location[-1])) if owner else None
    return field.description if field else None


def _keys(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    owner = _model_at(model, location)
    return list(owner.model_fields) if owner else []


def _model_at(model: type[BaseModel], location: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The model whose table lies at this place of `model`'s."""
    here: type[BaseModel] | None = model
    for part in location:
        if isinstance(part, str) and here is not None:
            field = here.model_fields.get(part)
            here = _model_in(field.annotation) if field else None
    return here


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The first model in an annotation such as tuple[Model, ...] | None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, typing.get_args(annotation))), None)
