"""What segmentation can be told, and what is refused."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.engine.resources import Resources
from pipeline.segment.options import Phase, SegmentOptions
from tpsence.errors import InputError


def test_options_are_written_as_on_the_command_line() -> None:
    given: dict[str, Any] = {"dataroot": "data", "phases": "test,train", "workers": "auto"}
    options = SegmentOptions(**given)
    assert (options.dataroot, options.phases) == (Path("data"), (Phase.TEST, Phase.TRAIN))
    assert options.resources() == Resources()
    assert SegmentOptions(phases=(Phase.TEST,)).phases == (Phase.TEST,)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"scheme": "mine"}, "`scheme` 'mine': not known"),
        ({"max_pixels": 0}, "`max_pixels`: out of range"),
        ({"workers": -1}, "`workers`: out of range"),
        ({"phases": "val"}, "`phases` 'val': not known"),
        ({"whole": "perhaps"}, "`whole` 'perhaps': should be a valid boolean"),
        ({"dataroot": "d", "images": "i"}, "DATAROOT goes without `images`, `out` and `ground_truth`"),
        ({"dataroot": "d", "ground_truth": "i"}, "DATAROOT goes without `images`, `out` and `ground_truth`"),
    ],
)
def test_what_cannot_be_used_is_one_line(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        SegmentOptions(**values)
    assert caught.value.message.startswith(message)
    assert caught.value.hint
