"""From options to a job that was checked and can start. Nothing is written but weights that have to be fetched."""

from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path

from pipeline.classes.palettes import Colour
from pipeline.classes.schemes import conversion, find_scheme, scheme_of
from pipeline.engine.choice import refuse_missing_engine
from pipeline.engine.device import choose_workers
from pipeline.engine.events import Done, Found
from pipeline.engine.on_device import OnDevice
from pipeline.engine.place import Place, place_of
from pipeline.engine.reported import reported
from pipeline.engine.resources import Resources
from pipeline.engine.tasks import refuse_overlap
from pipeline.segment.conversion import Converted
from pipeline.segment.estimate import Estimate
from pipeline.segment.ground_truth.convert import GroundTruth, open_ground_truth
from pipeline.segment.makers import Classes, MapMaker
from pipeline.segment.mmseg.choice import Choice, NamedNetwork, build_choice, choose_network
from pipeline.segment.mmseg.packed import PackedNetwork
from pipeline.segment.mmseg.segmenter import Segmenter
from pipeline.segment.mmseg.zoo import DEFAULT_MODEL
from pipeline.segment.options import EXAMPLE, SegmentOptions
from pipeline.segment.parts import Part, dataset_parts, folder_part
from pipeline.segment.prepared import SegmentJob
from pipeline.weights.packaged import terms_of
from tpsence.errors import InputError


def prepare(options: SegmentOptions) -> Generator[Found | Done, None, SegmentJob]:
    """Open the ground truth, or fetch the weights if need be and build the network.

    Yields:
        How far the weights are.

    Raises:
        InputError: Something cannot be used.
        DownloadError: The weights cannot be fetched.
    """
    parts = parts_of(options)
    source = origin_of(options, parts)
    if isinstance(source, Path):
        return conversion_job(parts, source, options)
    place = place_of(options.resources(), options.precision)  # before the weights, which may have to be fetched
    weights = yield from reported(source.place.name, source.fetched)
    return estimate_job(parts, source, weights, options, place)


def parts_of(options: SegmentOptions) -> list[Part]:
    """List the pictures.

    Raises:
        InputError: It is not said where they are, there are none, or two have one stem.
        OutputError: A folder of maps is one of pictures.
    """
    if options.dataroot is not None:
        return dataset_parts(options.dataroot, options.phases)
    if options.images is not None and options.out is not None:
        return [folder_part(options.images, options.out)]
    missing = [f"`{name}`" for name in ("images", "out") if getattr(options, name) is None]
    raise InputError(f"not given: DATAROOT, or {' and '.join(missing)}", EXAMPLE)


def origin_of(options: SegmentOptions, parts: Sequence[Part]) -> Choice | Path:
    """Return the network, or the folder of ground truth; refuse what needs no weights to be refused.

    Raises:
        InputError: There is no such network or table of classes, or the engine is not installed.
        OutputError: A folder of maps holds something else.
    """
    refuse_missing_engine(options.resources())
    refuse_foreign_folders(parts)
    if options.ground_truth is not None:
        return options.ground_truth
    choice = choose_network(options.model, options.weights)
    check_before_fetching(choice, options)
    return choice


def texts_of(maker: MapMaker, options: SegmentOptions) -> list[str]:
    """Say which network was taken where none was named, and on which terms."""
    if not isinstance(maker, Estimate):
        return []
    model, terms = maker.origin["model"], terms_of(maker.origin["weights_sha256"])
    texts = []
    if options.model is None and model != DEFAULT_MODEL:
        texts.append(f"no weights of {DEFAULT_MODEL} are at hand: {model}, which comes with tpsence")
    return [*texts, *([terms] if terms else [])]


def estimate_job(
    parts: Sequence[Part], choice: Choice, weights: Path, options: SegmentOptions, place: Place
) -> SegmentJob:
    """Build the network with the weights in a file.

    Args:
        parts: The pictures.
        choice: The network.
        weights: Its weights file.
        options: What shapes the maps.
        place: Where the network works.

    Raises:
        InputError: It cannot be used.
    """
    network = build_choice(choice, weights, whole=options.whole)
    return prepare_estimate(parts, network, options, options.resources(), place)


def conversion_job(parts: Sequence[Part], root: Path, options: SegmentOptions) -> SegmentJob:
    """Open the ground truth.

    Raises:
        InputError: It cannot be used.
        OutputError: The folder of the maps is inside it, or contains it.
    """
    (part,) = parts
    refuse_overlap([root], part.folder.path)
    names = [task.name for task in part.tasks]
    truth = open_ground_truth(root, names, options.ground_truth_format, options.max_pixels)
    return prepare_conversion(part, truth, options)


def check_before_fetching(choice: Choice, options: SegmentOptions) -> None:
    """Refuse what needs no weights to be refused: they may have to be fetched, and take long to load.

    Raises:
        InputError: There is no table from the network's classes to the scheme wanted.
    """
    if options.scheme is not None and choice.scheme is not None:
        conversion(find_scheme(choice.scheme), find_scheme(options.scheme))


def refuse_foreign_folders(parts: Sequence[Part]) -> None:
    """Refuse output folders that hold something else, before anything costly is done.

    Raises:
        OutputError: A folder holds something that tpsence did not write.
    """
    for part in parts:
        part.folder.refuse_others()


def prepare_estimate(
    parts: Sequence[Part], network: NamedNetwork, options: SegmentOptions, resources: Resources, place: Place
) -> SegmentJob:
    """Prepare maps by a network. Nothing is written.

    Args:
        parts: The pictures.
        network: The network; it is moved to its device, or packed where it works elsewhere.
        options: What shapes the maps.
        resources: How the work is done.
        place: Where the network works.

    Raises:
        InputError: There is no table to the scheme wanted, or the network cannot be sent.
    """
    built = network.network
    maker = Estimate(
        classes=_classes(built.classes, built.palette, options.scheme),
        segmenter=_on_device(network, place),
        place=place,
        prepare=built.preparation,
        origin=network.origin(),
        whole=options.whole,
        max_pixels=options.max_pixels,
        resources=resources,
        workers=choose_workers(resources, place.device),
    )
    return SegmentJob(parts=parts, maker=maker)


def _on_device(network: NamedNetwork, place: Place) -> OnDevice[Segmenter]:
    """Bring a network to its device, or make it ready to be sent.

    Raises:
        InputError: It cannot be sent.
    """
    module, classes = network.network.network, len(network.network.classes)
    if place.is_here:
        built = Segmenter(module, place.device, place.precision, classes)
        return OnDevice(lambda: built, built)
    packed = PackedNetwork(module, network.name)
    return OnDevice(partial(_arrived, packed, place, classes), None)


def _arrived(packed: PackedNetwork, place: Place, classes: int) -> Segmenter:
    """Bring a network that was sent to its device.

    Raises:
        InputError: A module of it is not installed on this machine.
        RunError: It cannot be built.
    """
    return Segmenter(packed.unpacked(), place.device, place.precision, classes)


def prepare_conversion(part: Part, truth: GroundTruth, options: SegmentOptions) -> SegmentJob:
    """Prepare maps out of ground truth. Nothing is written.

    Args:
        part: The pictures.
        truth: The ground truth that was found for them.
        options: What shapes the maps.

    Raises:
        InputError: There is no table to the scheme wanted.
    """
    classes = _classes(truth.scheme.classes, truth.scheme.palette, options.scheme)
    maker = Converted(classes=classes, truth=truth, max_pixels=options.max_pixels, resources=options.resources())
    return SegmentJob(parts=[part], maker=maker)


def _classes(names: tuple[str, ...], palette: tuple[Colour, ...], wanted: str | None) -> Classes:
    """Return the classes of the maps: the maker's own, or those of a known scheme.

    Raises:
        InputError: There is no table from the one to the other.
    """
    own = scheme_of(names)
    if wanted is None:
        own_names = own.classes if own else names  # spelled as all makers of the scheme spell them
        return Classes(names=own_names, palette=palette, table=None, scheme=own.name if own else None)
    target = find_scheme(wanted)
    if own is None:
        raise InputError(
            f"`scheme` {wanted}: the model's own classes ({', '.join(names[:3])}, ...) are of no known scheme",
            "Leave `scheme` out to keep them.",
        )
    if own == target:
        return Classes(names=own.classes, palette=palette, table=None, scheme=own.name)
    return Classes(names=target.classes, palette=target.palette, table=conversion(own, target), scheme=target.name)
