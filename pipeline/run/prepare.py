"""Check a chain before it starts: what cannot work is refused at once, and not after hours."""

from pathlib import Path

from pipeline.augment.method import find_scenes
from pipeline.augment.plan import make_plan
from pipeline.augment.water_choice import resolved
from pipeline.engine.choice import refuse_missing_engine
from pipeline.engine.device import choose_device
from pipeline.engine.place import place_of
from pipeline.engine.tasks import refuse_overlap
from pipeline.files.jail import is_inside
from pipeline.files.walk import pictures_below
from pipeline.images.extensions import EXTENSIONS, OTHER_PICTURES
from pipeline.labels.carried import refuse_nothing_to_carry
from pipeline.labels.interface import LabelSet
from pipeline.labels.registry import chosen_format, open_labels
from pipeline.output.chain_folder import ChainFolder
from pipeline.run.config import ChainConfig
from pipeline.run.fingerprints import Fingerprints
from pipeline.run.stages import Chain
from pipeline.segment.mmseg.choice import choose_network
from pipeline.segment.prepare import check_before_fetching
from pipeline.train.config import TrainConfig
from pipeline.train.frozen_features import refuse_missing_packages
from pipeline.train.presets import load_config
from pipeline.train.setup import describe, refuse_other_architecture
from pipeline.weights.packaged import generator_path
from tpsence.errors import InputError
from tpsence.weights import load_generator


def prepare_chain(config: ChainConfig) -> Chain:
    """Read and check everything that a chain needs. Nothing is written.

    A preset of the user's own is run: it is a program.

    Args:
        config: Its settings.

    Raises:
        InputError: Something cannot be used.
    """
    check_places(config)
    options, of_maps, resources = config.augment_options(), config.segment_options(), config.resources()
    training = load_config(config.preset, config.training_settings())
    if training.model.init is not None:
        _check_init(training.model.init, training, config.out)
    if training.loss.asks_targets:
        hint = "`set` loss.paired=0 and `set` loss.perceptual=0, or give targets in trainP to tpsence train."
        raise InputError("loss.paired and loss.perceptual: a chain has no targets", hint)
    if training.asks_features:
        refuse_missing_packages()
    network = None
    if training.loss.asks_maps:
        network = choose_network(config.segment.model, config.segment.weights)
        check_before_fetching(network, of_maps)
    labels = check_labels(config)
    folder = ChainFolder(config.out)
    options = resolved(options, [describe(training).water])
    plan = make_plan(labels, options, folder.augmented)
    find_scenes(plan, folder.augmented, options, is_wet=plan.drawing.is_wet)  # refuses label maps that cannot be used
    fingerprints = Fingerprints(
        config=config,
        training=training,
        labels=labels,
        plan=plan,
        network=network,
        folder=folder,
        place=place_of(resources, config.precision),
    )
    return Chain(fingerprints)


def check_places(config: ChainConfig) -> None:
    """Refuse folders of pictures that cannot be used, and settings that do not depend on the training's.

    Raises:
        InputError: Something cannot be used.
    """
    refuse_missing_engine(config.resources())
    choose_device(config.device)
    for place, key in ((config.clear, "clear"), (config.rainy, "rainy")):
        if not place.is_dir():
            raise InputError(f"{place}: no such folder", f"Check the path after `{key}`.")
        if not pictures_below(place, EXTENSIONS.keys() | OTHER_PICTURES):
            raise InputError(f"{place}: no pictures in it", f"Give a folder of pictures with `{key}`.")
    chosen_format(config.format)
    given = [config.clear, config.rainy, config.labels, config.images, config.augment.maps]
    refuse_overlap([place for place in given if place is not None], config.out)
    if config.clear.samefile(config.rainy):
        raise InputError(f"{config.clear}: is both `clear` and `rainy`", "Give two folders of pictures.")


def check_labels(config: ChainConfig) -> LabelSet:
    """Open the data set that is translated.

    Raises:
        InputError: It cannot be used.
    """
    options = config.augment_options()
    labels = open_labels(
        config.labels,
        config.images,
        chosen_format(config.format),
        follow_links=options.follow_links,
        split=options.split,
    )
    refuse_nothing_to_carry(labels)
    refuse_overlap([labels.image_root], config.out)
    return labels


def _check_init(init: str, training: TrainConfig, out: Path) -> None:
    """Refuse a generator to begin with that cannot be begun with.

    Raises:
        InputError: It is in the output, which may be put aside, cannot be read, or is of another architecture.
    """
    place = generator_path(init)
    if is_inside(place, out):
        raise InputError(f"model.init: {place} is inside the output", "Copy it to another place.")
    refuse_other_architecture(load_generator(place), training.model.architecture)
