"""An evaluation that was checked and can start."""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.engine.batching import grouped
from pipeline.engine.events import Done, Event, Finished, Found
from pipeline.engine.freed_memory import keep_freed_memory
from pipeline.engine.interface import Stop, never
from pipeline.engine.processes import ProcessEngine, worker_deaths_explained
from pipeline.errors import RunError
from pipeline.evaluate.figures import Evaluation
from pipeline.evaluate.gathered import Gathered, Sets
from pipeline.evaluate.networks import Networks
from pipeline.evaluate.options import EvaluateOptions
from pipeline.evaluate.pairs import LEAST, Pairs, first_by_hash
from pipeline.evaluate.reading import Asked, Measured, Reading, RealPicture, RealReading
from pipeline.evaluate.record import as_dict, write_evaluation
from pipeline.evaluate.rows import Rows
from pipeline.files.text import count
from pipeline.gate.colour_classes import words_of
from pipeline.gate.compare import processes_for
from pipeline.images.geometry import Size
from pipeline.images.skips import Skip, count_reasons
from pipeline.metrics.distance import Features
from pipeline.output.run_file import now

COMMAND = "evaluate"
MOST_SEEN = 2500
"""Pictures of a set that the networks see, at most: more would take time and memory, and hardly narrow the intervals.
Enough for halves of a thousand in a kernel distance, and for a Fréchet distance."""


@dataclass(frozen=True, kw_only=True)
class EvaluateJob:
    """An evaluation that was checked and can start."""

    pairs: Pairs
    real: Sequence[str]
    """Names of the real rainy pictures."""
    clear: Sequence[str] | None
    """Names of the real clear pictures, or None where they are the pictures before."""
    networks: Networks
    gathered: Gathered
    """What is found, added up picture by picture."""
    options: EvaluateOptions
    workers: int
    """Processes that read and measure."""

    def events(self, stop: Stop = never) -> Iterator[Event]:
        """Read and measure everything, and write what was found beside the pictures.

        Args:
            stop: Asked before each picture; when it says yes, nothing is written.

        Raises:
            RunError: A process died, something cannot be written, or too few pictures can be read.
        """
        began = time.monotonic()
        keep_freed_memory(self.networks.device.type)
        skips: list[Skip] = []
        with worker_deaths_explained():
            real = yield from self._real_rows("real", self.options.real_folder(), self.real, skips, stop)
            clear = None
            if self.clear is not None and self.options.clear is not None:
                clear = yield from self._real_rows("clear", self.options.clear, self.clear, skips, stop)
            start = time.monotonic()
            yield from self._compare(skips, stop)
            rate = self.gathered.pictures / max(1e-9, time.monotonic() - start)
        if stop():
            yield Finished(command=COMMAND, summary={"complete": False}, stopped=True)
            return
        yield Found(total=None, what="distances and intervals", can_stop=False)
        evaluation = self._evaluation(real, clear, skips)
        write_evaluation(self.pairs.out, evaluation, self._about())
        speed = {"seconds": round(time.monotonic() - began, 2), "images_per_s": round(rate, 3)}
        skipped = {"skipped": count_reasons(skips)}
        summary = {"out": str(self.pairs.out), "complete": True, **as_dict(evaluation), **skipped, **speed}
        about = {"evaluation": evaluation, "skips": skips, "is_run": self.pairs.is_run}
        yield Finished(command=COMMAND, summary=summary, skips=len(skips), about=about)

    def _real_rows(
        self, setting: str, folder: Path, names: Sequence[str], skips: list[Skip], stop: Stop
    ) -> Generator[Event, None, Features]:
        """Read real pictures and return their features (M, D)."""
        chosen = first_by_hash(names, MOST_SEEN)
        todo = [name for name in names if name in chosen]
        yield Found(total=len(todo), what=f"{setting} pictures read")
        reading = RealReading(folder=folder, max_pixels=self.options.max_pixels, sizes=self.networks.sizes)
        rows = Rows(len(todo), self.networks.extractor.dimensions)
        for group in grouped(self._engine(len(todo)).decoded(reading, todo, len(todo), stop), self._batch):
            if isinstance(group, Skip):
                skips.append(group)
                yield group
            else:
                pictures = [one.pixels for one in _listed(group) if isinstance(one, RealPicture)]
                rows.append(self.networks.features(pictures))
                yield Done(count=len(pictures))
        if not stop():
            _refuse_few(len(rows), folder)
        return rows.values

    def _compare(self, skips: list[Skip], stop: Stop) -> Iterator[Event]:
        """Read the pictures before and after, and add up what is found."""
        tasks = self.pairs.tasks
        seen = first_by_hash([task.name for task in tasks], MOST_SEEN)
        self.gathered.expect(len(seen), self.networks.extractor.dimensions)
        yield Found(total=len(tasks), what="pictures compared", texts=self._texts())
        reading = Reading(
            before=self.pairs.labels.image_root,
            after=self.pairs.out,
            max_pixels=self.options.max_pixels,
            sizes=self.networks.sizes,
            prepare=self.networks.maps.prepare if self.networks.maps else None,
            keeps_pixels=self.gathered.detector is not None,
            colour_classes=words_of(self.options.colour_classes),
        )
        asked = (Asked(task, self.pairs.labels.objects(task.name), task.name in seen) for task in tasks)
        for group in grouped(self._engine(len(tasks)).decoded(reading, asked, len(tasks), stop), self._batch):
            if isinstance(group, Skip):
                skips.append(group)
                yield group
            else:
                pictures = [one for one in _listed(group) if isinstance(one, Measured)]
                self.gathered.add(pictures, self.networks)
                for one in pictures:
                    yield Done(name=one.task.name)
        if not stop():
            _refuse_few(self.gathered.pictures, self.pairs.out)

    def _engine(self, number: int) -> ProcessEngine:
        """Return what reads so many pictures ahead."""
        return processes_for(number, self.workers, self.pairs.out)

    def _batch(self, size: Size) -> int:
        """Return how many pictures of a size run together."""
        del size
        return self.networks.batch

    def _evaluation(self, real: Features, clear: Features | None, skips: Sequence[Skip]) -> Evaluation:
        """Put all figures together."""
        sets = Sets(real=real, clear=clear)
        reasons = ", ".join(f"{number} {reason}" for reason, number in count_reasons(skips).items())
        left_out = [f"{count(len(skips), 'picture')} could not be read: {reasons}."] if skips else []
        return Evaluation(
            figures=self.gathered.figures(sets, self.networks.extractor.means, self.options.seed),
            notes=[*self.pairs.notes, *left_out, *self.gathered.notes(sets, self.networks)],
            pictures=self.gathered.pictures,
            of_pictures=self.pairs.of,
            finished=now(),
        )

    def _about(self) -> dict[str, Any]:
        """Return how it was measured."""
        names = ("real", "clear", "before", "labels", "features", "detector", "sample", "seed", "colour_classes")
        settings = {name: value for name in names if (value := getattr(self.options, name)) is not None}
        plain = {name: str(value) if isinstance(value, Path) else value for name, value in settings.items()}
        return {"settings": {**plain, "map": list(self.options.map)}, **self.networks.about()}

    def _texts(self) -> list[str]:
        """Say what is about to happen."""
        maps = self.networks.maps
        parts = [self.networks.extractor.name, *([f"label maps by {maps.network.name}"] if maps else [])]
        return [f"{count(len(self.pairs.tasks), 'picture')} before and after; {', '.join(parts)}"]


def _listed(group: object) -> list[object]:
    """Return a group as a list: what is no ``Batchable`` comes alone."""
    return group if isinstance(group, list) else [group]


def _refuse_few(number: int, folder: Path) -> None:
    """Refuse to go on with too few pictures that can be read.

    Raises:
        RunError: There are.
    """
    if number < LEAST:
        message = f"{folder}: only {count(number, 'picture')} of it can be read"
        raise RunError(message, f"At least {LEAST} are needed; nothing was written.")
