"""The engine as the main process has it: the plan goes out in batches, outcomes and lines for the records come back."""

import secrets
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from pipeline.engine.events import Done, Outcome
from pipeline.engine.interface import Decoded, Made, Stop, T, Work
from pipeline.engine.ray.batches import Portions, batch_length, batches_of_items, batches_of_tasks
from pipeline.engine.ray.jobs import Batch, Decodes, RunsWork, SentJob, packed
from pipeline.engine.ray.look import cluster_of
from pipeline.engine.ray.messages import Connect, Job, Places
from pipeline.engine.ray.relay_process import relay
from pipeline.engine.ray.sight import marker_name
from pipeline.engine.ray.under_way import Told, UnderWay, wait_until_ready
from pipeline.engine.resources import Resources
from pipeline.engine.tasks import Task
from pipeline.files.jail import absolute
from pipeline.files.rooted import Rooted
from pipeline.files.text import count
from pipeline.files.whole import write_failures_explained


@dataclass(frozen=True, kw_only=True)
class RayEngine:
    """Does all of the work on a Ray cluster; see ``Engine``."""

    resources: Resources
    """The cluster, and the number of workers."""
    device: torch.device
    """What each worker works on."""
    root: Path
    """The folder that names are relative to, which every node must see."""
    out: Path
    """The folder that is written to, which every node must see; it is there and held."""
    beside: Sequence[Path] = ()
    """Other folders that are read, which every node must see."""

    def run(self, work: Work[Decoded, Made], tasks: Sequence[Task], stop: Stop) -> Iterator[Outcome]:
        """Yield what became of each task, as they are done; see ``Engine.run``."""
        folder = work.written_to()
        job = RunsWork(work.with_own(None), self.device.type)
        sample = tasks[0].source if tasks else ""
        waiting = len(tasks)
        batches = partial(batches_of_tasks, work, tasks)
        results = self._results(job, batches, len(tasks), self.device, stop, sample, folder.shard.tag)
        with closing(results) as stream:
            for result, status in stream:
                made: Sequence[Outcome] = [Done(count=0)]  # nothing but how the cluster is
                if result is not None:
                    with write_failures_explained(self.out):
                        folder.add_lines(result.lines)
                    made = result.made or ()
                    waiting -= len(made)
                text = f"{status}, {waiting:,} waiting" if waiting else status
                for outcome in made:
                    yield replace(outcome, text=text) if isinstance(outcome, Done) else outcome

    def decoded(self, decode: Callable[[T], Decoded], items: Iterable[T], count: int, stop: Stop) -> Iterator[Decoded]:
        """Yield what is decoded of each item, in order; see ``Engine.decoded``."""
        job = Decodes(decode, self.out)
        early: dict[int, Sequence[Any]] = {}
        following = 0
        batches = partial(batches_of_items, items)
        with closing(self._results(job, batches, count, torch.device("cpu"), stop)) as results:
            for result, _ in results:
                if result is not None and result.made is not None:
                    early[result.number] = result.made
                while following in early:
                    yield from early.pop(following)
                    following += 1

    def _results(
        self,
        job: SentJob,
        batches: Callable[[int], Iterator[Batch]],
        items: int,
        device: torch.device,
        stop: Stop,
        sample: str = "",
        tag: str = "",
    ) -> Generator[Told, None, None]:
        """Yield what becomes of each batch, each once, and before and between them how the cluster is.

        Args:
            job: What is done.
            batches: Makes the batches, each of so many items.
            items: Number of all.
            device: What each worker works on.
            stop: As for ``Engine``.
            sample: As ``Places.sample``.
            tag: Of the shard.
        """
        if not items:
            return
        content = packed(job)
        cluster = cluster_of(self.resources, device)
        with self._marked(sample, tag) as places, relay() as there:
            yield None, "starting a Ray cluster" if cluster.address is None else "connecting to the Ray cluster"
            there.send(Connect(cluster=cluster, places=places, room=sum(map(len, content))))
            ready = wait_until_ready(there, stop)
            if ready is None:
                return
            yield None, f"{count(ready.nodes, 'node')}, starting {count(ready.workers, 'worker')}"
            length = batch_length(items, ready.workers, self.device.type)
            portions = Portions(batches(length), -(-items // length))
            there.send(Job(content=content, portions=portions.portions))
            del content
            yield from UnderWay(there, portions, ready, stop).results()

    @contextmanager
    def _marked(self, sample: str, tag: str) -> Iterator[Places]:
        """Leave a mark in the output folder, by which a node can tell that it sees the same one."""
        token = secrets.token_hex(8)
        marker = marker_name(token, tag)
        out, root = Rooted(absolute(self.out)), absolute(self.root)
        with write_failures_explained(self.out):
            out.write(marker, token.encode())
        try:
            size = (root / sample).stat().st_size if sample else 0
        except OSError:  # it will be a skip
            sample, size = "", 0
        beside = [absolute(folder) for folder in self.beside]
        try:
            yield Places(
                out=out.path,
                marker=marker,
                token=token,
                tag=tag,
                root=root,
                beside=beside,
                sample=sample,
                sample_size=size,
            )
        finally:
            with suppress(OSError):
                out.remove(marker)
