"""The images and annotations of COCO once more: all as in the source, but with ids of their own."""

from collections.abc import Iterable, Sequence

from pipeline.labels.json_file import Json
from pipeline.labels.json_ids import Ids


class CocoIds:
    """The ids that the images and annotations of later copies get.

    Args:
        images: The images of the source.
        annotations: Its annotations, or what else stands in their place.
    """

    def __init__(self, images: Sequence[Json], annotations: Json) -> None:
        records = annotations if isinstance(annotations, list) else []
        found = [one for one in records if isinstance(one, dict)]
        self._stated = {one["id"]: one["id"] for one in images}
        # Annotations of no image too: no copy may become the image that they name.
        self._images = Ids([*self._stated, *(one.get("image_id") for one in found)])
        self._annotations = Ids(one.get("id") for one in found)

    def images(self, records: Iterable[Json], copy: int) -> list[Json]:
        """Return images as those of a copy."""
        return [{**one, "id": self._images.of(one["id"], copy)} for one in records]

    def annotations(self, records: Iterable[Json], copy: int) -> list[Json]:
        """Return annotations, each of an image, as those of the images of a copy."""
        return [self._annotation(one, copy) for one in records]

    def _annotation(self, record: Json, copy: int) -> Json:
        """Return one annotation of an image's copy; one without an id stays without."""
        owner = self._images.of(self._stated[record["image_id"]], copy)  # as the image has it: 1 where this says 1.0
        own = {"id": self._annotations.of(record["id"], copy)} if "id" in record else {}
        return {**record, "image_id": owner, **own}
