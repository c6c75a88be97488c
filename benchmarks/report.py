"""How long a report takes, and how large its page is, by the number of pictures.

The data set is synthetic: few distinct pictures under many names, with ten boxes each, and outputs that were not
translated but darkened. Prints one table.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.augment.job import prepare
from pipeline.augment.options import AugmentOptions
from pipeline.augment.prepared import AugmentJob
from pipeline.augment.weights_choice import chosen_weights
from pipeline.effects.water_options import WaterLevel
from pipeline.engine.events import Done
from pipeline.engine.resources import Resources
from pipeline.engine.tally import Tally
from pipeline.gate.journal import JOURNAL, note_boxes
from pipeline.gate.measures import BoxMeasure, PictureMeasure, PictureMeasures
from pipeline.gate.options import Gate
from pipeline.labels.registry import open_labels
from pipeline.report.job import report
from pipeline.report.options import ReportOptions
from pipeline.weights.packaged import RAIN

SIZE = (1280, 720)
BOXES = 10
DISTINCT = 8


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="numbers of pictures")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    arguments = parser.parse_args()
    print(f"{'pictures':>10} {'boxes':>10} {'gate':>5} {'seconds':>8} {'page, MB':>9}")
    for images in arguments.images:
        for gate in (Gate.OFF, Gate.FLAG):
            with tempfile.TemporaryDirectory(prefix="tpsence-report-") as folder:
                out = finished(Path(folder), images, gate)
                began = time.perf_counter()
                for _ in report(ReportOptions(out=out, workers=arguments.workers)):
                    pass
                seconds = time.perf_counter() - began
                page = out / "report.html"
                megabytes = page.stat().st_size / 1e6
            print(f"{images:>10,} {images * BOXES:>10,} {gate.value:>5} {seconds:>8.1f} {megabytes:>9.2f}", flush=True)


def finished(folder: Path, images: int, gate: Gate) -> Path:
    """Make the folder of a run that is over."""
    labels = data_set(folder / "data", images)
    data = open_labels(labels, labels.parent, None)
    options = AugmentOptions(gate=gate, water=WaterLevel.NONE)
    job = prepare(data, chosen_weights(RAIN.name), folder / "out", options, Resources(device="cpu"))
    with job.opened(overwrite=False):
        tally = Tally()
        place_outputs(job, tally)
        job.finish(tally, seconds=1.0, complete=True)
    return job.folder.path


def data_set(folder: Path, images: int) -> Path:
    """Write few distinct pictures under many names, and their labels."""
    random = np.random.default_rng(0)
    distinct = []
    for number in range(DISTINCT):
        coarse = random.integers(0, 256, (18, 32, 3), dtype=np.uint8)
        path = folder / "distinct" / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(coarse).resize(SIZE, Image.Resampling.BICUBIC).save(path, quality=90)
        distinct.append(path)
    records: list[dict[str, object]] = []
    annotations: list[dict[str, object]] = []
    for index in range(images):
        name = f"{index % 100:02}/{index:07}.jpg"
        (folder / name).parent.mkdir(exist_ok=True)
        _link(distinct[index % DISTINCT], folder / name)
        records.append({"id": index, "file_name": name, "width": SIZE[0], "height": SIZE[1]})
        for _ in range(BOXES):
            x, y = int(random.integers(0, 1000)), int(random.integers(0, 500))
            box = [x, y, int(random.integers(8, 200)), int(random.integers(8, 200))]
            category = int(random.integers(1, 11))
            annotations.append({"id": len(annotations), "image_id": index, "category_id": category, "bbox": box})
    categories = [{"id": number, "name": f"class {number}"} for number in range(1, 11)]
    labels = folder / "coco.json"
    labels.write_text(json.dumps({"images": records, "annotations": annotations, "categories": categories}))
    return labels


def place_outputs(job: AugmentJob, tally: Tally) -> None:
    """Put darkened pictures in the places of translated ones, and measures of all boxes where the gate is on."""
    root = job.plan.labels.image_root
    darker = []
    for number in range(DISTINCT):
        path = job.folder.path / ".tpsence" / f"dark-{number}.jpg"
        with Image.open(root / "distinct" / f"{number}.jpg") as picture:
            picture.point(lambda level: level // 2).save(path, quality=90)
        darker.append(path)
    for index, task in enumerate(job.tasks):
        job.folder.link(task.output, darker[index % DISTINCT])
        tally.add(Done(name=task.name))
        if job.options.gate is not Gate.OFF:
            objects = job.plan.labels.objects(task.name)
            note_boxes(job.folder.journal(JOURNAL), task.name, objects, _measures(index))


def _measures(index: int) -> PictureMeasures:
    """Make up what is measured of a picture's boxes."""
    shares = [round(0.5 + (index + n) % 50 / 100, 3) for n in range(BOXES)]
    return PictureMeasures([BoxMeasure(share, 1.0, None) for share in shares], PictureMeasure(0.5, 0.0, 40.0))


def _link(source: Path, target: Path) -> None:
    """Make a hard link, or a copy where a file has as many links as the file system takes."""
    try:
        os.link(source, target)
    except OSError:
        target.write_bytes(source.read_bytes())


if __name__ == "__main__":
    main()
