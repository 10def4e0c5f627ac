"""What each stage asks for where people gather: data/plan/answers.yaml, for rehearsals and for deployments alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import pydantic

from sispamkota.inputs import Model, own_file

__all__ = ["AnswersFile", "Stage", "answers"]

Stage = Literal["hijau", "kuning", "merah"]


class AnswersFile(Model):
    """Describe data/plan/answers.yaml: people of each ability, by the kind of place and the stage."""

    kind: Literal["answers"]
    version: Literal[1]
    source: str
    tag: Literal["assumed", "estimated", "reported", "official"]
    answers: dict[str, dict[Stage, dict[str, Annotated[int, pydantic.Field(ge=0)]]]]


def answers() -> Mapping[str, Mapping[Stage, Mapping[str, int]]]:
    """Give what the stages ask for, by the kind of place that answers."""
    return own_file(AnswersFile, "plan", "answers").answers
