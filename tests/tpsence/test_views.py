"""What a discriminator sees: all images moved and cut alike, repeatably, with the gradient going through."""

import torch
from torch import Tensor

from tpsence.views import View

SIZE = (32, 48)
"""(H, W): they move by up to 2 and 3 pixels."""


def images(count: int = 2) -> Tensor:
    """Images in (0, 1], so that gray, 0, is nowhere in them."""
    return 1 - torch.rand(count, 3, *SIZE, generator=torch.Generator().manual_seed(0))


def drawn(seed: int) -> View:
    return View.drawn(SIZE, torch.Generator().manual_seed(seed))


def test_the_same_seed_gives_the_same_view_and_others_another() -> None:
    assert drawn(3) == drawn(3)
    assert len({drawn(seed) for seed in range(200)}) > 100


def test_images_move_by_up_to_a_sixteenth_of_their_sides_and_every_second_is_cut() -> None:
    views = [drawn(seed) for seed in range(400)]
    assert {view.down for view in views} == {-2, -1, 0, 1, 2}
    assert {view.right for view in views} == {-3, -2, -1, 0, 1, 2, 3}
    assert 160 < sum(view.cut is not None for view in views) < 240
    cuts = [view.cut for view in views if view.cut is not None]
    assert all(0 <= top <= 21 and 0 <= left <= 32 for top, left in cuts)
    assert max(top for top, _ in cuts) > 16
    assert max(left for _, left in cuts) > 26


def test_nothing_moved_and_nothing_cut_is_the_image() -> None:
    x = images()
    assert torch.equal(View(SIZE, 0, 0, None).of(x), x)


def test_images_move_down_and_right_and_are_reflected_at_the_border() -> None:
    x = images()
    seen = View(SIZE, down=1, right=-3, cut=None).of(x)
    for row in range(32):
        for column in range(48):
            above, left = abs(row - 1), column + 3
            left = left if left < 48 else 2 * 47 - left
            assert torch.equal(seen[:, :, row, column], x[:, :, above, left])
    up = View(SIZE, down=-2, right=2, cut=None).of(x)
    assert torch.equal(up[:, :, :30, 2:], x[:, :, 2:, :-2])
    assert torch.equal(up[:, :, 30:, 2:], x[:, :, [30, 29], :-2])
    assert torch.equal(up[:, :, :30, :2], x[:, :, 2:, [2, 1]])


def test_a_cutout_is_gray_and_a_third_of_each_side_and_the_rest_stays() -> None:
    x = images()
    seen = View(SIZE, 0, 0, cut=(5, 20)).of(x)
    inside = torch.zeros(SIZE, dtype=torch.bool)
    inside[5 : 5 + 10, 20 : 20 + 16] = True
    assert not seen[:, :, inside].any()
    assert torch.equal(seen[:, :, ~inside], x[:, :, ~inside])


def test_all_images_are_seen_alike_and_keep_shape_and_type() -> None:
    x = images(3)
    for seed in range(20):
        view = drawn(seed)
        seen = view.of(x)
        assert seen.shape == x.shape
        assert all(torch.equal(seen[index, None], view.of(x[index, None])) for index in range(3))
        assert view.of(x.bfloat16()).dtype == torch.bfloat16
    assert torch.equal(x, images(3))


def test_the_gradient_goes_through_to_all_that_is_seen() -> None:
    view = View(SIZE, down=1, right=2, cut=(8, 16))
    x = images().requires_grad_()
    torch.autograd.backward(view.of(x).sum())
    times_seen = view.of(torch.arange(32.0 * 48).reshape(1, 1, *SIZE).expand(1, 3, *SIZE) + 1)[0, 0].flatten()
    counts = torch.bincount(times_seen.long(), minlength=32 * 48 + 1)[1:].reshape(SIZE)
    assert x.grad is not None
    assert torch.equal(x.grad, counts.float().expand_as(x.grad))
    assert not x.grad[:, :, 10, 20].any()


def test_a_small_image_can_be_seen() -> None:
    for seed in range(50):
        assert View.drawn((8, 4), torch.Generator().manual_seed(seed)).of(torch.ones(1, 3, 8, 4)).shape == (1, 3, 8, 4)
