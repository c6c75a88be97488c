"""Which pictures and boxes a report shows: the same ones each time, few enough for one page."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import nsmallest

from pipeline.engine.tasks import Task, stable_number
from pipeline.labels.interface import LabelledObject

MOST_PICTURES = 24
"""Pictures that the gallery has at most."""
MOST_BOXES = 100
"""Boxes that are drawn in one picture at most."""
SAMPLE = 300
"""Pictures whose boxes are compared for a report where the gate has not compared all."""


def sample(tasks: Sequence[Task], most: int = SAMPLE) -> list[Task]:
    """Return some of the pictures, by a hash of their names: all if they are few."""
    return nsmallest(most, tasks, key=lambda task: stable_number(f"report {task.name}"))


def for_gallery(
    tasks: Sequence[Task], categories: Mapping[str, Iterable[int]], most: int = MOST_PICTURES
) -> list[Task]:
    """Choose pictures that show as many classes as can be, then the first of the others.

    Args:
        tasks: The candidates, in the order of preference.
        categories: Classes of the objects of each candidate, by its name.
        most: Number wanted.

    Returns:
        In the order of the candidates.
    """
    holders: dict[int, list[Task]] = {}
    for task in tasks:
        for category in set(categories.get(task.name, ())):
            holders.setdefault(category, []).append(task)
    chosen: dict[str, Task] = {}
    for category in sorted(holders, key=lambda one: (len(holders[one]), one)):  # the rarest class first
        if len(chosen) < most and not any(task.name in chosen for task in holders[category]):
            chosen[holders[category][0].name] = holders[category][0]
    for task in tasks:
        if len(chosen) < most:
            chosen[task.name] = task
    return [task for task in tasks if task.name in chosen]


def boxes_to_draw(
    objects: Sequence[LabelledObject], is_flagged: Callable[[int], bool], area: Callable[[int], float]
) -> list[int]:
    """Choose the objects that are drawn in a picture: those that are flagged, then the largest.

    Args:
        objects: Of the picture.
        is_flagged: Tells by place whether an object may have vanished.
        area: Area of an object's box by its place.

    Returns:
        Places of objects with a box, the largest first so that small ones are drawn on top.
    """
    places = [place for place, one in enumerate(objects) if one.box is not None]
    first = sorted(places, key=lambda place: (not is_flagged(place), -area(place)))[:MOST_BOXES]
    return sorted(first, key=lambda place: -area(place))
