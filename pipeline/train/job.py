"""Train TPSeNCE from a folder of clear and rainy pictures: the job behind ``tpsence train``."""

from collections.abc import Collection, Generator, Iterator
from pathlib import Path

from pipeline.engine.events import Done, Event, Finished, Found, Unit
from pipeline.engine.interface import Stop, never
from pipeline.engine.resources import DEFAULT_MAX_PIXELS, Resources
from pipeline.files.jail import is_inside
from pipeline.files.programs import is_program
from pipeline.train.config import TrainConfig
from pipeline.train.enums import Direction
from pipeline.train.folder import COMMAND, RunFolder
from pipeline.train.frozen_features import refuse_missing_packages
from pipeline.train.options import TrainOptions
from pipeline.train.prepared import TrainJob
from pipeline.train.presets import load_config, parse_settings
from pipeline.train.processes import Processes, joined
from pipeline.train.time_limit import TimeLimit
from pipeline.train.unpaired import UnpairedData, open_unpaired
from pipeline.train.unpaired_check import Checked, check_unpaired
from pipeline.weights.packaged import generator_path
from tpsence.errors import InputError, TpsenceError
from tpsence.weights import load_generator


def train(options: TrainOptions, stop: Stop = never) -> Iterator[Event]:
    """Train a generator, among the processes that ``torchrun`` has started or alone.

    Args:
        options: What to do.
        stop: Asked after each step; the run then saves and ends.

    Yields:
        What happens, in every process; ends with ``Finished``, whose summary is the ``--json`` output.

    Raises:
        TpsenceError: Something cannot be used or written, or the training broke.
    """
    limit = TimeLimit(options.max_time)  # the check of the files counts
    config = load_config(options.preset, options.changes())
    with joined(options.device) as processes:
        job = yield from _prepared(options, config, processes)
        yield from job.events(stop, limit)


def check(options: TrainOptions) -> Iterator[Event]:
    """Check settings and data, and write nothing.

    Nothing of the user's is executed: of a preset that is a program the settings are not known.

    Args:
        options: As for ``train``.

    Yields:
        As ``train``; the summary of ``Finished`` is the settings by section and name.

    Raises:
        InputError: Something cannot be used.
    """
    if is_program(options.preset):
        yield from _check_without_preset(options)
        return
    config = load_config(options.preset, options.changes())
    with joined(options.device) as processes:
        job = yield from _prepared(options, config, processes)
        yield job.found()
        yield Finished(command=COMMAND, summary=config.as_dict(), dry=True, about=processes.about())


def _prepared(
    options: TrainOptions, config: TrainConfig, processes: Processes
) -> Generator[Found | Done, None, TrainJob]:
    """Prepare the training that a user has asked for; see ``prepare_training``."""
    return (
        yield from prepare_training(
            config,
            options.data,
            options.out,
            options.resources(),
            processes,
            resume=options.resume,
            named=parse_settings(options.settings),
        )
    )


def _check_without_preset(options: TrainOptions) -> Iterator[Event]:
    """Check what does not depend on the preset: the single settings, the folder, and that the pictures can be decoded.

    Raises:
        InputError: Something cannot be used.
    """
    parse_settings(options.changes())
    _refuse_data_folder(options.out, options.data)
    direction = options.direction or Direction.A_TO_B
    with joined(options.device) as processes:
        processes.once(lambda: RunFolder(options.out).check(resume=options.resume))
        data = open_unpaired(options.data, direction=direction, needs_maps=False)
        yield from _checked(data, DEFAULT_MAX_PIXELS, processes)
        yield Finished(command=COMMAND, summary={"not_run": [options.preset]}, dry=True, about=processes.about())


def prepare_training(
    config: TrainConfig,
    root: Path,
    out: Path,
    resources: Resources,
    processes: Processes,
    *,
    resume: bool,
    named: Collection[str] = (),
) -> Generator[Found | Done, None, TrainJob]:
    """Open the data set, check every file of it, and build what learns. Nothing is written.

    Args:
        config: The settings.
        root: The data folder.
        out: The run's folder.
        resources: The device and the number of decoding processes.
        processes: Who trains; all call this together.
        resume: Continue the run in the folder, if there is one.
        named: Keys of the settings that the user has named, for the words at the start.

    Yields:
        In the first process, how far the check of the files is.

    Raises:
        InputError: The data, the folder, the device or the settings cannot be used.
        WeightsError: The checkpoint cannot be used.
    """
    _refuse_data_folder(out, root)
    folder = RunFolder(out)
    processes.once(lambda: folder.check(resume=resume))
    if config.asks_features:
        refuse_missing_packages()
    loss = config.loss
    data = open_unpaired(
        root, direction=config.run.direction, needs_maps=loss.asks_maps, needs_targets=loss.asks_targets
    )
    checked = yield from _checked(data, config.data.max_pixels, processes)
    job = TrainJob(config, data, checked, folder, processes, resources, named)
    if resume:
        job.resume()
    if job.step == 0 and config.model.init is not None:
        job.begin_with(load_generator(generator_path(config.model.init)))
    return job


def _refuse_data_folder(out: Path, root: Path) -> None:
    """Refuse to write where pictures are read, and where the record of a training cannot be written."""
    try:
        str(out).encode()
    except UnicodeEncodeError:  # TensorBoard's files take no such name
        raise InputError(f"{out}: the name is no valid text", "Give another `out`.") from None
    for name in ("trainA", "trainB", "trainS", "trainT", "trainP", "testA", "testB"):
        if is_inside(out, root / name):
            raise InputError(f"{out}: is inside the input {root / name}", "Give another `out`.")


def _checked(data: UnpairedData, max_pixels: int, processes: Processes) -> Generator[Found | Done, None, Checked]:
    """Decode every file once, in the first process, and give all the result.

    Raises:
        InputError: Some files cannot be used; in all processes.
    """
    checked: Checked | None = None
    failure: TpsenceError | OSError | None = None
    if processes.is_first:
        yield Found(total=data.file_count, unit=Unit.FILES, what="files checked", can_stop=False)
        try:
            checked = yield from check_unpaired(data, max_pixels)
        except (TpsenceError, OSError) as error:
            failure = error

    def result() -> Checked | None:
        if failure is not None:
            raise failure
        return checked

    found = processes.once(result)
    if found is None:
        raise AssertionError("the first process has checked nothing")
    return found
