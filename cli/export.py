"""``tpsence export``: parse, call the job, print."""

from cli.schema import Given, command
from pipeline.export.options import ExportOptions


@command(ExportOptions)
def export(given: Given[ExportOptions]) -> None:
    """Write a trained generator for other programs.

    A folder gets the layout of the published checkpoints, which the
    reference loads: latest_net_G.pth, and of a training run also
    latest_net_D.pth and latest_net_F.pth. ONNX takes any number of images
    of any height and width in multiples of 4, as float32 in -1 to 1; it
    needs pip install 'tpsence[onnx]'.

    Examples:
      tpsence export runs/rain --out checkpoints/rain
      tpsence export runs/rain --out rain.onnx
      tpsence export latest_net_G.pth --out rain.safetensors --half
    """
    from cli.show import show
    from pipeline.export.job import export as job

    options = given.options()
    show(lambda stop: job(options), quiet=False)
