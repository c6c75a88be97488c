"""Checkpoints of a training run: whole or not there, the last two kept, read without executing anything."""

import io
import pickle
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from pipeline.files.rooted import Rooted
from tpsence.costs import refuse_more_than_file
from tpsence.errors import WeightsError
from tpsence.untrusted import load

FOLDER = "checkpoints"
_KEPT = 2
_NAME = re.compile(r"step-(\d{8,})\.pt")
_FORMAT = 1
_HINT = "Give `resume` a run that tpsence train has made, or train in a new folder."


class Checkpoints:
    """The checkpoints of one run.

    Args:
        folder: Where they are; it need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def newest_first(self) -> list[Path]:
        """Return the checkpoint files, the latest step first."""
        if not self._folder.is_dir():
            return []
        return [file for _, file in self._numbered()]

    def write(self, step: int, content: Mapping[str, Any]) -> Path:
        """Write the checkpoint of a step; only then remove all but it and the one before.

        Args:
            step: Steps done.
            content: Tensors and plain values.

        Returns:
            The file.

        Raises:
            OSError: It cannot be written; the earlier checkpoints are as they were.
            UnsafeNameError: The folder is a link.
        """
        buffer = io.BytesIO()
        torch.save({"tpsence_checkpoint": _FORMAT, **content}, buffer)
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        root, file = Rooted(self._folder.parent), self._folder / f"step-{step:08d}.pt"
        root.write(f"{self._folder.name}/{file.name}", buffer.getvalue())
        numbered = self._numbered()
        kept = [other for number, other in numbered if number <= step][:_KEPT]
        for _, other in numbered:
            if other not in kept:  # of a later step there are only damaged ones, which the run was not continued from
                root.remove(f"{self._folder.name}/{other.name}")
        return file

    def _numbered(self) -> list[tuple[int, Path]]:
        """Return the steps and files of all checkpoints, the latest first."""
        found = [(int(match.group(1)), file) for file in self._folder.iterdir() if (match := _match(file))]
        return sorted(found, reverse=True)


def read_checkpoint(file: Path) -> dict[str, Any]:
    """Read a checkpoint; nothing in it is executed.

    Args:
        file: What ``Checkpoints.write`` has written.

    Returns:
        Its content, tensors on the CPU.

    Raises:
        WeightsError: Damaged, no checkpoint of a training run, or one that would cost far more memory than its size.
    """
    try:
        content = load(file)
        refuse_more_than_file(_tensors(content), file)
    except WeightsError:
        raise
    except FileNotFoundError as error:
        raise WeightsError(f"{file}: no such file", _HINT) from error
    except pickle.UnpicklingError as error:
        raise WeightsError(f"{file}: damaged, or no checkpoint; nothing of it was executed", _HINT) from error
    except Exception as error:  # damaged bytes raise nearly any type
        raise WeightsError(f"{file}: truncated or damaged", _HINT) from error
    if not isinstance(content, dict) or content.get("tpsence_checkpoint") != _FORMAT:
        raise WeightsError(f"{file}: no checkpoint of a training run", _HINT)
    return content


def _tensors(content: object) -> Iterator[torch.Tensor]:
    """Yield the tensors in mappings and lists, however deep; a damaged file may have them hold each other."""
    waiting, seen = [content], set()
    while waiting:
        value = waiting.pop()
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, Mapping | list | tuple) and id(value) not in seen:
            seen.add(id(value))
            waiting += value.values() if isinstance(value, Mapping) else value


def _match(file: Path) -> re.Match[str] | None:
    """Tell whether a file is a checkpoint by its name."""
    return _NAME.fullmatch(file.name)
