"""The pictures that a chain trains on, decoded before hours of work end at one that cannot be."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.engine.events import Done, Found, Unit
from pipeline.files.walk import pictures_below
from pipeline.images.extensions import EXTENSIONS
from pipeline.run.config import ChainConfig
from pipeline.train.unpaired import TrainingPicture, UnpairedData
from pipeline.train.unpaired_check import check_unpaired


def check_pictures(config: ChainConfig) -> Iterator[Found | Done]:
    """Decode every clear and every rainy picture once, as the training does before its first step.

    Yields:
        How far it is.

    Raises:
        InputError: Some cannot be used; the first are named.
    """
    data = UnpairedData(_listed(config.clear), _listed(config.rainy), (), ())
    yield Found(total=data.file_count, unit=Unit.FILES, what="files checked", can_stop=False)
    yield from check_unpaired(data, config.max_pixels)


def _listed(folder: Path) -> tuple[TrainingPicture, ...]:
    """List the pictures of a folder, named with it."""
    names = pictures_below(folder, EXTENSIONS)
    return tuple(TrainingPicture(folder / name, None, str(folder / name), "") for name in names)
