"""What of FiftyOne the adapter asks for, in memory: FiftyOne itself needs a MongoDB server, which tests cannot bring.

The names and what they do are those of FiftyOne's documentation. Where FiftyOne and a server are there, the same tests
run against it (``test_fiftyone.py``).
"""

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from itertools import count
from pathlib import Path
from typing import Any

_IDS = count(1)
_DATASETS: dict[str, "Dataset"] = {}
_MEDIA = {".jpg": "image", ".png": "image", ".mp4": "video"}
_ALWAYS = ("id", "filepath", "tags", "metadata")


class _Label:
    """A label: fields by name."""

    def __init__(self, **fields: object) -> None:
        self.label: str | None = None
        self.__dict__.update(fields)


class Classification(_Label):
    """A class of a whole picture."""


class Detection(_Label):
    """A box in shares of the picture: x0, y0, width, height."""

    bounding_box: Sequence[float]


class Detections:
    """Boxes."""

    def __init__(self, detections: Sequence[Detection] = ()) -> None:
        self.detections = list(detections)


class Polyline(_Label):
    """Lines of points in shares of the picture."""

    points: Sequence[Sequence[tuple[float, float]]] = ()
    closed = False
    filled = False


class Polylines:
    """Lines."""

    def __init__(self, polylines: Sequence[Polyline] = ()) -> None:
        self.polylines = list(polylines)


class Sample:
    """A picture with fields; it has an id when it is in a dataset."""

    def __init__(self, filepath: str, tags: Sequence[str] = (), **fields: object) -> None:
        self.fields: dict[str, Any] = {
            "id": None,
            "filepath": str(Path(filepath).absolute()),
            "tags": list(tags),
            "metadata": None,
            **fields,
        }

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (a field of any kind)
        if name == "fields" or name not in self.fields:
            raise AttributeError(name)
        return self.fields[name]

    def __setattr__(self, name: str, value: object) -> None:
        if name in _ALWAYS:
            self.fields[name] = value
        else:
            super().__setattr__(name, value)

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 (a field of any kind)
        return self.fields[name]

    def __setitem__(self, name: str, value: object) -> None:
        self.fields[name] = value

    @property
    def field_names(self) -> tuple[str, ...]:
        return tuple(self.fields)

    @property
    def media_type(self) -> str:
        return _MEDIA[Path(self.filepath).suffix]

    def copy(self) -> "Sample":
        """Return a deep copy that is in no dataset."""
        made = Sample("")
        made.fields.update({**deepcopy(self.fields), "id": None})
        return made


class _Collection:
    """Samples of a dataset, in order."""

    _all: "Dataset"
    _ids: list[str]

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[Sample]:
        return self.iter_samples()

    def __getitem__(self, one: str) -> Sample:
        return self._all.held[one]

    def iter_samples(self) -> Iterator[Sample]:
        """Yield samples; fields that only others have are None."""
        for one in list(self._ids):
            sample = self._all.held[one]
            sample.fields = {**dict.fromkeys(self._all.schema), **sample.fields}
            yield sample

    def select(self, ids: Sequence[str]) -> "DatasetView":
        return DatasetView(self._all, [one for one in self._ids if one in set(ids)])

    def match_tags(self, tag: str) -> "DatasetView":
        return DatasetView(self._all, [one for one in self._ids if tag in self._all.held[one].tags])

    def limit(self, most: int) -> "DatasetView":
        return DatasetView(self._all, self._ids[:most])

    def values(self, fields: str | Sequence[str]) -> list[Any]:
        """Return a list of a field's values, or one for each of several."""
        if isinstance(fields, str):
            return [sample[fields] for sample in self.iter_samples()]
        return [self.values(field) for field in fields]

    @property
    def dataset_name(self) -> str:
        return self._all.name


class DatasetView(_Collection):
    """Some samples of a dataset."""

    def __init__(self, dataset: "Dataset", ids: list[str]) -> None:
        self._all, self._ids = dataset, ids


class PatchesView(DatasetView):
    """A view whose samples are parts of pictures."""


class Dataset(_Collection):
    """Samples by their ids."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.held: dict[str, Sample] = {}
        self.schema = list(_ALWAYS)
        self.media_type: str | None = None
        self._all, self._ids = self, []
        _DATASETS[name] = self

    def add_samples(self, samples: Iterable[Sample], num_samples: int | None = None) -> list[str]:
        """Add samples, one after the other, and the fields that they have."""
        before = len(self._ids)
        for sample in samples:
            sample.fields["id"] = one = f"{next(_IDS):024x}"
            self.schema += [name for name in sample.fields if name not in self.schema]
            self.media_type = self.media_type or sample.media_type
            self.held[one] = sample
            self._ids.append(one)
        if num_samples not in {None, len(self._ids) - before}:
            raise ValueError("another number of samples than was told")
        return self._ids[before:]

    def has_sample_field(self, name: str) -> bool:
        return name in self.schema

    def get_field_schema(self) -> dict[str, object]:
        return dict.fromkeys(self.schema)

    def to_patches(self, field: str) -> PatchesView:
        return PatchesView(self, self._ids if field in self.schema else [])


def load_dataset(name: str) -> Dataset:
    """Return the dataset of a name."""
    return _DATASETS[name]
