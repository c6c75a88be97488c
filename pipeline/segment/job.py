"""Label maps for every picture of a folder or of an unpaired data set.

``prepare_estimate`` and ``prepare_conversion`` read and check everything and write nothing; ``SegmentJob.run`` yields
one outcome for each picture as it comes; ``SegmentJob.finish`` records what the run did.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from pipeline.classes.map_files import CLASSES_FILE, classes_file
from pipeline.classes.palettes import Colour
from pipeline.classes.schemes import conversion, find_scheme, scheme_of
from pipeline.engine.device import choose_device, choose_precision, choose_workers
from pipeline.engine.outcome import Outcome, Tally
from pipeline.engine.processes import worker_deaths_explained
from pipeline.engine.resources import Resources
from pipeline.engine.threads import continued
from pipeline.files.whole import write_failures_explained
from pipeline.images.skips import count_reasons
from pipeline.segment.ground_truth.convert import GroundTruth
from pipeline.segment.makers import Classes, Converted, Estimate, MapMaker
from pipeline.segment.mmseg.choice import Choice, NamedNetwork
from pipeline.segment.mmseg.segmenter import Segmenter
from pipeline.segment.options import SegmentOptions
from pipeline.segment.parts import Part
from tpsence import __version__
from tpsence.errors import InputError


@dataclass(kw_only=True)
class SegmentJob:
    """A run that was checked and can start; it is run once."""

    parts: Sequence[Part]
    maker: MapMaker

    def __post_init__(self) -> None:
        """Begin to count what becomes of the pictures of each part."""
        self._tallies = [Tally() for _ in self.parts]

    @property
    def pictures(self) -> int:
        """Number of pictures."""
        return sum(len(part.tasks) for part in self.parts)

    def check(self, *, overwrite: bool) -> None:
        """Refuse what ``opened`` would refuse, without a write.

        Raises:
            OutputError: A folder holds something else, or a run with other settings.
        """
        for part in self.parts:
            part.folder.check(self._settings(part), overwrite=overwrite)

    @contextmanager
    def opened(self, *, overwrite: bool) -> Iterator[None]:
        """Claim the output folders, all or none, and write what the class ids mean.

        Raises:
            OutputError: A folder holds something else, a run with other settings, or is in use.
            RunError: A folder cannot be written to.
        """
        self.check(overwrite=overwrite)
        with ExitStack() as stack:
            for part in self.parts:
                stack.enter_context(part.folder.held(self._settings(part), overwrite=overwrite))
            for part in self.parts:
                self._begin(part, overwrite=overwrite)
            yield

    def run(self, stop: Callable[[], bool] = lambda: False) -> Iterator[Outcome]:
        """Yield an outcome for every picture; in each part those already there first.

        Args:
            stop: Asked before each picture; when it says yes, what is in flight is finished and no more begins.

        Raises:
            RunError: A map cannot be written, or a worker died.
        """
        with worker_deaths_explained():
            for part, tally in zip(self.parts, self._tallies, strict=True):
                for outcome in continued(part.folder, part.root, part.tasks, partial(self.maker.works, part, stop)):
                    tally.add(outcome)
                    yield outcome

    def finish(self, *, seconds: float) -> dict[str, Any]:
        """Record what the run did in each folder, and return the summary.

        Args:
            seconds: Duration of the run.

        Returns:
            The ``--json`` output.

        Raises:
            RunError: Something cannot be written.
        """
        folders = []
        for part, tally in zip(self.parts, self._tallies, strict=True):
            complete = tally.pictures == len(part.tasks)
            summary = {
                "images": str(part.images),
                "out": str(part.folder.path),
                "complete": complete,
                "pictures": len(part.tasks),
                "made": tally.made,
                "reused": tally.reused,
                "skipped": count_reasons(tally.skips),
            }
            if complete:
                _remove_others(part, tally)
            part.folder.write_result(tally.skips, summary, complete=complete)
            folders.append(summary)
        made = sum(tally.made for tally in self._tallies)
        return {
            **self.maker.settings(),
            "complete": all(folder["complete"] for folder in folders),
            "folders": folders,
            "seconds": round(seconds, 2),
            "images_per_s": round(made / max(seconds, 1e-9), 3),
        }

    def _settings(self, part: Part) -> dict[str, Any]:
        """What shapes the maps of a part."""
        return {"version": __version__, "images": part.identity, **self.maker.settings()}

    def _begin(self, part: Part, *, overwrite: bool) -> None:
        """Begin or continue a part, and write ``classes.json``."""
        classes = self.maker.classes
        outputs = [CLASSES_FILE, *(task.output for task in part.tasks)]
        part.folder.begin(self._settings(part), outputs, overwrite=overwrite)
        with write_failures_explained(part.folder.path):
            part.folder.write(CLASSES_FILE, classes_file(classes.names, classes.palette, self.maker.about()))


def _remove_others(part: Part, tally: Tally) -> None:
    """Remove the maps that earlier runs have made of pictures that are not there any more."""
    skipped = {skip.file for skip in tally.skips}
    part.folder.remove_stale([CLASSES_FILE, *(task.output for task in part.tasks if task.name not in skipped)])


def check_before_fetching(choice: Choice, options: SegmentOptions, resources: Resources) -> None:
    """Refuse what needs no weights to be refused: they may have to be fetched, and take long to load.

    Raises:
        InputError: There is no such device, or no table from the network's classes to the scheme wanted.
    """
    choose_device(resources.device)
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
    parts: Sequence[Part], network: NamedNetwork, options: SegmentOptions, resources: Resources
) -> SegmentJob:
    """Prepare maps by a network. Nothing is written.

    Args:
        parts: The pictures.
        network: The network; it is moved to its device.
        options: What shapes the maps.
        resources: How the work is done.

    Raises:
        InputError: There is no such device, or no table to the scheme wanted.
    """
    device = choose_device(resources.device)
    built = network.network
    maker = Estimate(
        classes=_classes(built.classes, built.palette, options.scheme),
        segmenter=Segmenter(built.network, device, choose_precision(options.precision, device), len(built.classes)),
        prepare=built.preparation,
        origin=network.origin(),
        whole=options.whole,
        max_pixels=options.max_pixels,
        batch_size=resources.batch_size,
        workers=choose_workers(resources, device),
    )
    return SegmentJob(parts=parts, maker=maker)


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
    return SegmentJob(parts=[part], maker=Converted(classes=classes, truth=truth, max_pixels=options.max_pixels))


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
            "Leave `scheme` away to keep them.",
        )
    if own == target:
        return Classes(names=own.classes, palette=palette, table=None, scheme=own.name)
    return Classes(names=target.classes, palette=target.palette, table=conversion(own, target), scheme=target.name)
