"""The facts, notes and settings of a run, from its ``run.json``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.augment.finished import FinishedRun
from pipeline.augment.variant_words import variants_words
from pipeline.augment.water_choice import rain_words
from pipeline.files.text import count
from pipeline.gate.faults import faults_among
from pipeline.pages.words import short
from pipeline.report.gather.boxes import Measured
from pipeline.weights.packaged import terms_of


def facts_of(run: FinishedRun) -> list[tuple[str, str]]:
    """Say what was done, and how much."""
    summary = run.record["summary"]
    generators = run.generators
    facts = [
        ("Pictures translated", f"{len(run.translated):,}"),
        ("Originals kept", f"{len(run.written) - len(run.translated):,}"),
        ("Left out", f"{len(run.skips):,}"),
        ("Labels", _labels(summary)),
        ("Gate", _gate(summary)),
        ("Variants", short(variants_words(summary["variants"])) if summary.get("variants") else ""),
        ("Generator", "; ".join(map(_generator, generators))),
        ("Weights SHA-256", ", ".join(one[:16] for one in _hashes(run.record["settings"]))),
        ("Width", _width(run)),
        ("Water", _water(summary)),
        ("Computed on", " ".join(filter(None, (summary.get("device"), summary.get("precision"))))),
        ("Last run", f"{summary.get('seconds', 0):,.1f} s, {summary.get('images_per_s', 0):,.2f} images/s"),
        ("Finished", str(run.record.get("finished", "")).replace("T", " ").replace("+00:00", " UTC")),
    ]
    return [(key, value) for key, value in facts if value]


def notes_of(run: FinishedRun) -> list[str]:
    """Say what the reader must know."""
    settings = run.record["settings"]
    kinds = [*(("Generator", one) for one in _hashes(settings)), ("Label maps of", str(settings.get("maps_sha256")))]
    return [f"{kind} {terms}." for kind, sha256 in kinds if (terms := terms_of(sha256))]


def sample_note(measured: int, pictures: int) -> list[str]:
    """Say that a sample was measured, where it was."""
    if measured >= pictures:
        return []
    return [
        f"Boxes were compared in a sample of {measured:,} of {pictures:,} pictures; "
        "tpsence augment --gate flag compares all."
    ]


def fault_notes(run: FinishedRun, measured: Measured) -> list[str]:
    """Name the pictures with which something is wrong as a whole: of the run if it has them, else of a sample."""
    pictures = {name: measures.picture for name, measures in measured.items()}
    faults = run.record["summary"].get("faults") or faults_among(measured, pictures).numbers
    return [
        _fault_note(str(fault), int(number), faults["first"][fault])
        for fault, number in faults["by_fault"].items()
        if number
    ]


def _fault_note(fault: str, number: int, first: Sequence[str]) -> str:
    """Name some pictures of one fault."""
    more = f" and {number - len(first):,} more" if number > len(first) else ""
    names = ", ".join(map(str, first))
    return f"{count(number, 'picture')} {'is' if number == 1 else 'are'} {short(fault)}: {short(names)}{more}."


def settings_of(run: FinishedRun) -> list[tuple[str, str]]:
    """Return the settings that ``run.json`` records."""
    return [(short(key), short(str(value))) for key, value in run.record["settings"].items()]


def _hashes(settings: Mapping[str, Any]) -> list[str]:
    """Return the hashes of the generators' files."""
    found = settings.get("weights_sha256") or []
    return [*map(str, found)] if isinstance(found, list) else [str(found)]


def _width(run: FinishedRun) -> str:
    """Say at which width the generators ran; nothing without one."""
    mixture = run.record["settings"].get("mixture") or [run.record["summary"]] * bool(run.generators)
    widths = [str(one.get("width") or "each picture's own") for one in mixture]
    return ", ".join(dict.fromkeys(widths))


def _generator(weights: Mapping[str, Any]) -> str:
    """Name the generator: its file and, as many are called alike, its folder; and what it makes."""
    place = Path(str(weights.get("path", "")))
    domain = f", to {weights['target_domain']}" if weights.get("target_domain") else ""
    name = f"{place.parent.name}/{place.name}" if place.parent.name else place.name
    return short(f"{name}{domain}") if place.name else ""


def _water(summary: Mapping[str, Any]) -> str:
    """Say how hard it rains, which effects there are and how strong, and in how many pictures it is otherwise."""
    water = summary.get("water")
    if not water:
        return "none"
    effects = ", ".join(f"{name.replace('_', ' ')} {amount:g}" for name, amount in water["amounts"].items())
    but = [f"{water[key]:,} {words}" for key, words in (("without_ground", "without ground"), ("by_night", "by night"))]
    return short(f"{rain_words(water)}: {effects}; {', '.join(but)}; maps: {water['maps']}")


def _labels(summary: Mapping[str, Any]) -> str:
    """Say what was proved of the labels."""
    labels = summary.get("labels")
    if not labels:
        return "none"
    annotations = labels.get("annotations")
    number = f"{labels.get('files', 0):,} files" if annotations is None else f"{annotations:,} annotations"
    but = " but for the gate" if (summary.get("gate") or {}).get("flagged") else ""
    return f"{summary.get('format')}: {number}, equal to the source{but}"


def _gate(summary: Mapping[str, Any]) -> str:
    """Say what the gate did."""
    gate = summary.get("gate")
    if not gate:
        return "off: no annotation was touched"
    return f"{gate['flagged']:,} of {gate['judged']:,} boxes may have lost their object: {gate['action']}"
