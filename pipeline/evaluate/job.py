"""Measure how good translated pictures are, and whether their labels still hold."""

from collections.abc import Iterator
from dataclasses import replace

from pipeline.engine.cores import available_cores
from pipeline.engine.device import choose_device, choose_workers
from pipeline.engine.events import Event
from pipeline.engine.interface import Stop, never
from pipeline.evaluate.detector.agreement import DetectorAgreement
from pipeline.evaluate.detector.classes import match_classes
from pipeline.evaluate.detector.open import open_detector
from pipeline.evaluate.gathered import Gathered
from pipeline.evaluate.measures.classes import ClassesKept
from pipeline.evaluate.measures.detector import DetectorKept, unmatched_note
from pipeline.evaluate.measures.hue import HueKept
from pipeline.evaluate.measures.structure import StructureKept
from pipeline.evaluate.networks import open_networks
from pipeline.evaluate.options import EvaluateOptions
from pipeline.evaluate.pairs import Pairs, open_pairs, pictures_in
from pipeline.evaluate.prepared import EvaluateJob
from pipeline.gate.colour_classes import words_of
from tpsence.errors import InputError


def evaluate(options: EvaluateOptions, stop: Stop = never) -> Iterator[Event]:
    """Compare translated pictures with their originals and with real rain, and write ``evaluation.json`` and ``.csv``.

    Args:
        options: What to compare, and how.
        stop: Asked before each picture; when it says yes, nothing is written.

    Yields:
        What happens; ends with ``Finished``, whose summary is the ``--json`` output.

    Raises:
        TpsenceError: Something cannot be used, fetched or written.
    """
    _refuse_missing_packages()
    pairs = open_pairs(options)
    real = pictures_in(options.real_folder(), "real")
    clear = None if options.clear is None else pictures_in(options.clear, "clear")
    found, notes = _open_detector(options, pairs)
    networks = yield from open_networks(options)
    words = words_of(options.colour_classes)
    maps = ClassesKept(networks.maps.names) if networks.maps else None
    gathered = Gathered(HueKept(words), StructureKept(words), maps, found)
    job = EvaluateJob(
        pairs=replace(pairs, notes=[*pairs.notes, *notes]),
        real=real,
        clear=clear,
        networks=networks,
        gathered=gathered,
        options=options,
        workers=choose_workers(options.resources(), choose_device(options.device)),
    )
    yield from job.events(stop)


def _open_detector(options: EvaluateOptions, pairs: Pairs) -> tuple[DetectorKept | None, list[str]]:
    """Open the detector, if there is one, and find the classes of the labels among its own.

    Returns:
        What asks it, and what the reader must know of the classes.

    Raises:
        InputError: It cannot be used, or knows none of the classes.
    """
    if options.detector is None:
        return None, []
    detector = open_detector(options.detector, available_cores())
    if pairs.labels.format == "none":
        if options.map:
            raise InputError("`map`: there are no labels", "Leave it out.")
        return DetectorKept(detector, DetectorAgreement(detector.names, None)), []
    classes = (one.category for picture in pairs.labels.pictures for one in pairs.labels.objects(picture.name))
    match = match_classes(sorted(set(classes)), detector.names, options.map)
    return DetectorKept(detector, DetectorAgreement(detector.names, match)), unmatched_note(match.unmatched)


def _refuse_missing_packages() -> None:
    """Refuse to begin where a package of the extra is not installed.

    Raises:
        InputError: One is not.
    """
    try:
        import sklearn  # noqa: F401
        import torchmetrics  # noqa: F401
    except ImportError as error:
        raise InputError(f"evaluate needs {error.name}", "pip install 'tpsence[evaluate]'.") from error
