"""The sections of a chain's settings, derived from the schemas of the commands."""

from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.fields import FieldInfo

from pipeline.engine.schema import Options, setting_of


class Section(BaseModel):
    """What all sections share: no key is ignored, nothing changes later.

    Ranges are for the command's own schema to check: a section is plain values by name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def section_of(schema: type[Options], **others: tuple[Any, ...]) -> type[Section]:
    """Return the section of a command: the fields of its schema that a chain can set.

    Args:
        schema: The command's.
        others: By field, what it says of itself in a chain instead of there.
    """
    fields: dict[str, Any] = {
        name: (_annotated(field.annotation, *_metadata(field), *others.get(name, ())), field.get_default())
        for name, field in schema.model_fields.items()
        if setting_of(field).in_chain or setting_of(field).in_chain_file
    }
    return create_model(
        schema.__name__.replace("Options", "Section"), __base__=Section, __doc__=schema.__doc__, **fields
    )


def _annotated(*parts: Any) -> Any:  # noqa: ANN401 (a type, made while the program runs)
    """Return a type with what stands beside it in ``Annotated``."""
    return Annotated[parts]


def _metadata(field: FieldInfo) -> list[Any]:
    """Return what stands in the annotation of a field, its text, and whether the chain's command line has it."""
    setting = setting_of(field)
    return [*field.metadata, Field(description=field.description), replace(setting, on_line=setting.in_chain)]
