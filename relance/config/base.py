"""What every section of the configuration has in common: frozen, strict about keys, an empty value is an absent one."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from relance.config.values import Context


class Section(BaseModel):
    """A mapping of the configuration whose keys are all known."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    @classmethod
    def keys(cls) -> tuple[str, ...]:
        """List the keys as they are written in the file."""
        return tuple(field.alias or name for name, field in cls.model_fields.items())

    @model_validator(mode="before")
    @classmethod
    def _leave_out_what_is_empty(cls, data: Any, info: ValidationInfo) -> Any:
        """Read `key:` without a value as if the key were not there; remember which keys this mapping may have."""
        if not isinstance(data, dict):
            return data
        known = cls.keys()
        if isinstance(info.context, Context):
            info.context.known[id(data)] = known
        return {key: value for key, value in data.items() if value is not None or key not in known}


def problem_at(message: str, *keys: str | int) -> PydanticCustomError:
    """Make a validator's error point at another key of the same section (or a key inside it)."""
    return PydanticCustomError("relance", "{text}", {"text": message, "at": keys})


def section() -> Any:
    """Give the default of a section (or a plain mapping) that may be left out: as if it were written with nothing in it.

    It goes through the validator of the section around it: to call the class would build one more validator, and with
    it a good part of what every command waits for when it starts.
    """
    return Field(default_factory=_nothing, validate_default=True)


def _nothing() -> dict[str, Any]:
    return {}
