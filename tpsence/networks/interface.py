"""What every generator's network is: modules in a row."""

from collections.abc import Sequence

from torch import Tensor, nn

from tpsence.architectures import Architecture


class GeneratorNetwork(nn.Module):
    """Translate clear images to rainy ones (or between any two trained domains).

    Args:
        architecture: What it is.
        model: Its modules, of which features are taken by their index.
    """

    def __init__(self, architecture: Architecture, model: nn.Sequential) -> None:
        super().__init__()
        self.architecture = architecture
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        """Translate a batch of images.

        Args:
            x: (N, 3, H, W) in [-1, 1]; H and W as the architecture's ``input_sizes`` say.

        Returns:
            (N, 3, H, W) in [-1, 1]; in training it may lie beyond, if ``finish`` says so.
        """
        return self.finish(x, self.model(x))

    def finish(self, x: Tensor, out: Tensor) -> Tensor:
        """Make images of the input (N, 3, H, W) and what the last module gives; here that is them already."""
        del x
        return out

    def translate(self, x: Tensor, layers: Sequence[int]) -> tuple[Tensor, list[Tensor]]:
        """Translate a batch of images and keep the outputs of some layers on the way.

        Args:
            x: As ``forward``.
            layers: Module indices in rising order, up to the architecture's ``last_layer``.

        Returns:
            The images (N, 3, H, W), and one (N, C_l, H_l, W_l) for each of the layers.
        """
        out, kept = self._through(x, layers, len(self.model))
        return self.finish(x, out), kept

    def features(self, x: Tensor, layers: Sequence[int]) -> list[Tensor]:
        """Encode a batch up to the last of some layers and keep the output of each.

        Args:
            x: (N, 3, H, W) in [-1, 1].
            layers: Module indices in rising order, up to the architecture's ``last_layer``.

        Returns:
            One (N, C_l, H_l, W_l) for each of the layers.
        """
        return self._through(x, layers, max(layers) + 1)[1]

    def _through(self, x: Tensor, layers: Sequence[int], end: int) -> tuple[Tensor, list[Tensor]]:
        """Run the modules before an index and keep the outputs of some layers."""
        kept = []
        for index, module in enumerate(self.model[:end]):
            x = module(x)
            if index in layers:
                kept.append(x)
        return x, kept
