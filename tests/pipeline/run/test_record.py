"""Whether a stage has to run: the table of all cases."""

import json

import pytest

from pipeline.errors import OutputError
from pipeline.output.chain_folder import State
from pipeline.run.enums import StageName
from pipeline.run.record import Need, StageRecord, decide

INPUTS = {"clear": "c1", "setting": 1}
DONE = StageRecord(state=State.DONE, inputs=INPUTS, outputs="o1")


@pytest.mark.parametrize(
    ("record", "inputs", "outputs", "forced", "mends", "need"),
    [
        (None, INPUTS, "", False, False, Need.RESUME),
        (None, INPUTS, "", True, False, Need.RESUME),
        (StageRecord(state=State.NOT_NEEDED), INPUTS, "", False, False, Need.RESUME),
        (DONE, INPUTS, "o1", False, False, Need.NOTHING),
        (DONE, INPUTS, "o1", True, False, Need.ANEW),
        (DONE, {**INPUTS, "setting": 2}, "o1", False, True, Need.ANEW),
        (DONE, {**INPUTS, "more": 1}, "o1", False, False, Need.ANEW),
        (DONE, {"clear": "c1"}, "o1", False, False, Need.ANEW),
        (DONE, INPUTS, "o2", False, False, Need.ANEW),
        (DONE, INPUTS, "o2", False, True, Need.RESUME),
        *(
            (StageRecord(state=state, inputs=INPUTS), INPUTS, "", False, False, Need.RESUME)
            for state in (State.RUNNING, State.STOPPED, State.FAILED)
        ),
        (StageRecord(state=State.RUNNING, inputs=INPUTS), {**INPUTS, "setting": 2}, "", False, False, Need.ANEW),
    ],
)
def test_decide(
    record: StageRecord | None, inputs: dict[str, object], outputs: str, forced: bool, mends: bool, need: Need
) -> None:
    assert decide(record, inputs, lambda: outputs, forced=forced, mends=mends).need is need


def test_what_was_begun_anew_goes_on_when_asked_for_again() -> None:
    begun = StageRecord(state=State.STOPPED, inputs=INPUTS, forced=True)
    for inputs, state, need in (
        (INPUTS, State.STOPPED, Need.RESUME),
        ({**INPUTS, "setting": 2}, State.STOPPED, Need.ANEW),
        (INPUTS, State.DONE, Need.ANEW),
    ):
        record = StageRecord(state=state, inputs=begun.inputs, outputs="o1", forced=True)
        assert decide(record, inputs, lambda: "o1", forced=True, mends=False).need is need


def test_the_reason_names_what_has_changed() -> None:
    found = decide(DONE, {"clear": "c2", "setting": 1, "more": None}, lambda: "o1", forced=False, mends=False)
    assert found.reason == "changed: clear"
    assert decide(DONE, INPUTS, lambda: "o1", forced=True, mends=False).reason == "asked for"


def test_outputs_are_hashed_only_where_they_matter() -> None:
    def never() -> str:
        raise AssertionError

    assert decide(None, INPUTS, never, forced=False, mends=False).need is Need.RESUME
    assert decide(DONE, {}, never, forced=False, mends=False).need is Need.ANEW


def test_a_record_survives_json() -> None:
    record = StageRecord(
        state=State.FAILED, inputs={"a": [1, None]}, outputs=None, started="x", seconds=1.5, summary={"n": 1}, error="e"
    )
    assert StageRecord.from_dict(json.loads(json.dumps(record.as_dict()))) == record


@pytest.mark.parametrize(
    "content",
    [None, 1, [], {}, {"state": "done", "seconds": "x"}, {"state": "gone", "inputs": {}, "summary": {}}, {"inputs": 1}],
)
def test_a_damaged_record_is_one_line(content: object) -> None:
    with pytest.raises(OutputError, match=r"run\.json: a damaged stage"):
        StageRecord.from_dict(content)


def test_the_stages_are_in_their_order() -> None:
    assert [stage.value for stage in StageName] == ["segment", "train", "augment", "report"]
