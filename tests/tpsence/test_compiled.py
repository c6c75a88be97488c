"""Compiled networks give the losses of those that are not. The compiler's own code is left to its authors."""

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor, nn

from tpsence.model import MicroBatch, Networks, Optimizers, Positions, Tpsence
from tpsence.networks.discriminator import Discriminator
from tpsence.networks.generator import Generator, init_xavier
from tpsence.networks.projector import Projector, draw_positions
from tpsence.settings import LossSettings

LAYERS = (0, 4, 8, 12)


def two_steps(*, compiled: bool) -> Sequence[Tensor]:
    random = torch.Generator().manual_seed(0)
    networks = Networks(
        generator=Generator(4, blocks=1), discriminator=Discriminator(4), projector=Projector([3, 8, 16, 16], 8)
    )
    three: dict[str, nn.Module] = vars(networks)
    for network in three.values():
        init_xavier(network, generator=random)
        network.to(memory_format=torch.channels_last)
    adams = {name: torch.optim.Adam(network.parameters(), lr=2e-4) for name, network in three.items()}
    optimizers = Optimizers(scaler=torch.amp.GradScaler("cpu", enabled=False), **adams)
    model = Tpsence(networks, optimizers, LossSettings(layers=LAYERS, patches=16), compile_networks=compiled)
    x, y = ((torch.rand(1, 32, 32, 3, generator=random) * 2 - 1).permute(0, 3, 1, 2) for _ in range(2))
    sizes = [(38, 38), (32, 32), (16, 16), (8, 8)]
    positions = Positions(draw_positions(sizes, 16, random), draw_positions(sizes, 16, random))
    return [model.step([MicroBatch(x, y, torch.tensor([0.3]))], positions) for _ in range(2)]


@pytest.mark.filterwarnings("ignore")  # of the compiler's
def test_compiled_networks_give_the_same_losses(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[nn.Module] = []

    def trace(module: nn.Module) -> None:
        """Compile without making machine code, which takes a minute."""
        compiled.append(module)
        module._compiled_call_impl = torch.compile(module._call_impl, backend="aot_eager")

    monkeypatch.setattr(nn.Module, "compile", trace)
    for eager, traced in zip(two_steps(compiled=False), two_steps(compiled=True), strict=True):
        torch.testing.assert_close(traced, eager, rtol=1e-5, atol=1e-5)
    assert [type(module).__name__ for module in compiled] == ["Translation", "Encoding", "Discriminator"]
