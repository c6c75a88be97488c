"""What is left out: its order."""

from pipeline.images.skips import Reason, Skip, in_order


def skip(file: str, detail: str = "no such file") -> Skip:
    return Skip(file, Reason.MISSING, detail)


def test_skips_come_in_the_order_of_the_plan_after_those_of_the_labels_themselves() -> None:
    names = ["b.jpg", "a.jpg", "d.jpg", "c.jpg"]
    labels = [skip("z.txt"), skip("y.txt"), skip("z.txt", "another")]
    wanted = [*labels, skip("b.jpg"), skip("d.jpg"), skip("c.jpg")]
    for come in ([5, 4, 3], [3, 5, 4], [4, 3, 5]):
        assert in_order([*labels, *(wanted[place] for place in come)], iter(names)) == wanted
        assert in_order([wanted[come[0]], *labels, *(wanted[place] for place in come[1:])], names) == wanted


def test_nothing_left_out_is_in_order() -> None:
    assert in_order((), ["a.jpg"]) == []
