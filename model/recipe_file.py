"""Recipes by name: how a network is trained, and on what features, as a file of recipes/ says it. No torch here."""

from __future__ import annotations

import typing
from dataclasses import dataclass
from typing import Any

from pydantic import Field, create_model

from base.checked import Checked, Slug, check, named_toml, read_toml, toml_names
from base.errors import UserError
from model.data.signal.features import feature_names
from model.options import RECIPES, USUAL_RECIPE, TrainOptions

_NUMBERS = {name: hint for name, hint in typing.get_type_hints(TrainOptions, include_extras=True).items()
            if name != "seed"}
_Training: type[Checked] = create_model("_Training", __base__=Checked, **{  # type: ignore[call-overload]
    name: (hint, Field(description="a value, as in firstspike.toml")) for name, hint in _NUMBERS.items()})


class _Data(Checked):
    features: tuple[str, ...] | None = Field(None, description="a list of names")
    overlap: bool = Field(True, description="true or false")


class _RecipeFile(Checked):
    data: _Data = Field(default_factory=lambda: _Data.model_validate({}), description="a table [data]")
    training: _Training = Field(description="a table [training]")  # type: ignore[valid-type]


class _Name(Checked):
    name: Slug


@dataclass(frozen=True)
class Recipe:
    """features: None where the data set's own are meant; overlap: of training windows, as the data set has it, or none.

    training: the fields of TrainOptions but its seed.
    """

    name: str
    features: tuple[str, ...] | None
    overlap: bool
    training: dict[str, Any]


def load_recipe(recipe: str = USUAL_RECIPE) -> Recipe:
    """A recipe by name (model/recipes/<name>.toml) or by path (ends in .toml).

    Raises UserError on a missing file, bad TOML, a missing or unknown key, a wrong value.
    """
    path = named_toml("RECIPE", recipe, RECIPES)
    title = f"recipe {path.stem}"
    check({"name": path.stem}, _Name, title)
    found = check(read_toml(path), _RecipeFile, title)
    if found.data.features is not None:
        try:
            feature_names(found.data.features)
        except UserError as error:
            raise UserError(f"{title}: data.{error}") from None
    return Recipe(path.stem, found.data.features, found.data.overlap, found.training.model_dump())  # type: ignore[attr-defined]


def recipe_names() -> list[str]:
    """All recipes, by name."""
    return toml_names(RECIPES)
