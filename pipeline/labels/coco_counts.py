"""What a COCO file has, counted from the tree that was parsed."""

from collections import Counter
from collections.abc import Mapping, Sequence

from pipeline.files.text import count
from pipeline.labels.inventory import Inventory
from pipeline.labels.json_file import Json

_SHOWN = 40


def counted(tree: Json, owners: Mapping[Json, str]) -> tuple[Mapping[str, int], Inventory]:
    """Count the annotations.

    Args:
        tree: The parsed file.
        owners: The name of each image by its id.

    Returns:
        How many annotations each picture has by its name, and what the file has.
    """
    annotations = tree.get("annotations")
    if not isinstance(annotations, list):
        return {}, Inventory(files=1, notes=("the file has no list 'annotations'",))
    ids = _owners(annotations)
    by_picture = Counter[str]()
    for image_id, name in owners.items():
        by_picture[name] += ids.pop(image_id, 0)
    return by_picture, Inventory(
        annotations=len(annotations),
        files=1,
        ownerless=sum(ids.values()),
        ownerless_stay=True,
        notes=tuple(_notes(ids, list(owners))),
    )


def _owners(annotations: Sequence[Json]) -> Counter[Json]:
    """Count the annotations by the id of the image that they name; None for those that name none."""
    try:  # there may be a million
        return Counter([one.get("image_id") if isinstance(one, dict) else None for one in annotations])
    except TypeError:  # a list or an object in the place of an id
        return Counter(map(owner_of, annotations))


def owner_of(annotation: Json) -> Json:
    """Return the id of the image that an annotation names, or None where it names none that could be one."""
    owner = annotation.get("image_id") if isinstance(annotation, dict) else None
    return owner if isinstance(owner, int | float | str) else None


def _notes(ownerless: Mapping[Json, int], ids: Sequence[Json]) -> list[str]:
    """Say why annotations belong to no image.

    Args:
        ownerless: How many annotations name each id that no image has.
        ids: The ids of the images.
    """
    if not ownerless:
        return []
    texts = {str(one): one for one in ids}
    alike = {owner: texts[str(owner)] for owner in ownerless if owner is not None and str(owner) in texts}
    notes = []
    as_text = sum(ownerless[owner] for owner in alike if isinstance(owner, str))
    as_number = sum(map(ownerless.__getitem__, alike)) - as_text
    if as_text:
        notes.append(f"{_so_many(as_text)} to no image: 'image_id' is text in them and 'id' a number in the images")
    if as_number:
        notes.append(f"{_so_many(as_number)} to no image: 'image_id' is a number in them and 'id' text in the images")
    rest = {owner: number for owner, number in ownerless.items() if owner not in alike}
    if rest:
        owner = next(iter(rest))
        why = "they have no 'image_id'" if owner is None else f"no image has the id {str(owner)[:_SHOWN]!r}"
        notes.append(f"{_so_many(sum(rest.values()))} to no image: {why}{' and others' if len(rest) > 1 else ''}")
    return notes


def _so_many(number: int) -> str:
    """Begin the sentence."""
    return f"{count(number, 'annotation')} belong{'s' if number == 1 else ''}"
