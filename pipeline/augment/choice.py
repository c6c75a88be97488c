"""Which pictures are translated: a part of the data set, and of that so many, in an order that is the same everywhere.

The order depends on the names and the seed alone, so that a larger share or limit contains a smaller one, and every
machine and shard chooses the same pictures.

``balance`` draws without replacement and with weights, by Efraimidis and Spirakis, "Weighted random sampling with a
reservoir" (Information Processing Letters 97, 2006): the picture with the largest u^(1/w) comes first, with u from the
hash of its name. The weight of a picture is that of its rarest class, as in the repeat factors of Gupta, Dollar and
Girshick, "LVIS" (CVPR 2019), section 4.1, but 1/f in the place of sqrt(t/f), where f is the share of the pictures that
have the class: of a few hundred pictures the root hardly doubles what is rare. Pictures without objects weigh 1.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Context, Decimal
from difflib import get_close_matches

from pipeline.augment.options import AugmentOptions
from pipeline.engine.tasks import stable_number
from pipeline.files.text import comma_separated, one_line, some
from pipeline.labels.interface import NO_CLASS, LabelSet
from pipeline.labels.splits import no_such_split
from tpsence.errors import InputError

Classes = Mapping[str, Collection[str]]
"""The classes of the objects in each picture, by its name."""
_LISTED = 40
"""Classes that a message names."""
_EXACT = Context(prec=30)
"""Decimal logarithms are rounded correctly, so that they are the same on every machine; those of C need not be. So many
digits tell the logarithms of any two hashes apart."""
_HASHES = 1 << 64


def choose(labels: LabelSet, options: AugmentOptions) -> frozenset[str]:
    """Return the names of the pictures that are translated.

    Args:
        labels: The data set.
        options: The split, the classes, and how many.

    Raises:
        InputError: The labels have no such split or class, or there are none.
        LabelError: The labels have changed since they were read.
    """
    names = of_split(labels, options.split)
    classes: Classes = {}
    if options.only_classes is not None or options.balance is not None:
        classes = _classes_of(labels, names, "only_classes" if options.balance is None else "balance")
    if options.only_classes is not None:
        wanted = _known(options.only_classes, classes)
        names = [name for name in names if not wanted.isdisjoint(classes[name])]
        classes = {name: wanted.intersection(classes[name]) for name in names}
    number = how_many(len(names), options.fraction, options.limit)
    if number == len(names):
        return frozenset(names)
    order = in_order(names, options.seed) if options.balance is None else in_balance(names, options.seed, classes)
    return frozenset(order[:number])


def of_split(labels: LabelSet, split: str | None) -> list[str]:
    """Return the names of the pictures of a split, each once, in the order of the labels; of None those of all.

    Raises:
        InputError: The labels have no such split, or no picture in it.
    """
    names = list(dict.fromkeys(picture.name for picture in labels.pictures))
    if split is None:
        return names
    _refuse_without_labels(labels, "split")
    where = labels.identity().get("labels", str(labels.image_root))
    if split not in labels.splits:
        raise no_such_split(where, split, list(labels.splits))
    wanted = labels.splits[split]
    names = [name for name in names if name in wanted]
    if not names:
        raise InputError(f"{where}: `split` {split!r} has no pictures", "Check the files of the split.")
    return names


def how_many(total: int, fraction: float, limit: int | None) -> int:
    """Return how many of some pictures are translated: the nearest to the share, at least one, at most the limit."""
    number = min(total, max(1, round(fraction * total)))
    return number if limit is None else min(number, limit)


def in_order(names: Iterable[str], seed: int) -> list[str]:
    """Return names in the order in which a share takes them."""
    return sorted(names, key=lambda name: (_lot(name, seed), name))


def in_balance(names: Sequence[str], seed: int, classes: Classes) -> list[str]:
    """Return names in the order in which a share takes them that prefers rare classes.

    Args:
        names: Of the pictures.
        seed: Another seed is another order.
        classes: Those that count, of each of the pictures.
    """
    pictures_with = Counter(one for name in names for one in classes[name])

    def key(name: str) -> tuple[Decimal, int, str]:
        lot = _lot(name, seed)
        # The largest u^(1/w) has the least -ln(u) / w, where w = total / rarest, and the total is the same for all.
        # u is counted from above: where all weigh the same, the order is that without weights.
        rarest = min((pictures_with[one] for one in classes[name]), default=len(names))
        u = _EXACT.divide(Decimal(2 * (_HASHES - lot) - 1), Decimal(2 * _HASHES))
        return _EXACT.multiply(_EXACT.minus(_EXACT.ln(u)), Decimal(rarest)), lot, name

    return sorted(names, key=key)


def _lot(name: str, seed: int) -> int:
    """A picture's place in the order by lot, from 0 to 2^64 - 1."""
    return stable_number(f"choice {seed} {name}")


def _classes_of(labels: LabelSet, names: Sequence[str], setting: str) -> Classes:
    """Return the classes of the objects in pictures, without what stands in the place of one.

    Args:
        labels: The data set.
        names: Of its pictures.
        setting: What asks for them.

    Raises:
        InputError: There are no labels, or no object has a class.
    """
    _refuse_without_labels(labels, setting)
    classes = {name: {one.category for one in labels.objects(name)} - {NO_CLASS} for name in names}
    if not any(classes.values()):
        raise InputError(f"`{setting}`: no picture has an object with a class", f"Leave `{setting}` out.")
    return classes


def _known(wanted: Sequence[str], classes: Classes) -> frozenset[str]:
    """Return the classes of the labels that are wanted, in their own spelling; case and blanks around do not count.

    Raises:
        InputError: There is no object of one of them.
    """
    there: dict[str, set[str]] = {}
    for name in frozenset(one for found in classes.values() for one in found):
        there.setdefault(_key(name), set()).add(name)
    for name in wanted:
        if _key(name) not in there:
            raise _no_such_class(name, there)
    return frozenset(one for name in wanted for one in there[_key(name)])


def _key(name: str) -> str:
    """Return what a class is known by."""
    return name.strip().casefold()


def _no_such_class(name: str, there: Mapping[str, Collection[str]]) -> InputError:
    """Say that no object is of a class, and which there are."""
    names = sorted(comma_separated([one.strip()]) for names in there.values() for one in names)
    near = get_close_matches(_key(name), there, n=1)
    meant = one_line(comma_separated([min(there[near[0]])])) if near else None
    hint = f"Is {meant} meant?" if meant else "Give names from these, as they are written here."
    return InputError(
        f"`only_classes` {name!r}: no object is of this class; the labels have {some(names, _LISTED)}", hint
    )


def _refuse_without_labels(labels: LabelSet, setting: str) -> None:
    """Refuse a choice by what labels tell where there are none.

    Raises:
        InputError: There are none.
    """
    if labels.format == "none":
        raise InputError(f"`{setting}` goes with `labels`: pictures alone tell nothing of it", "Give `labels` too.")
