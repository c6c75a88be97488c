"""``tpsence export``: parse, call the job, print."""

from cli.options import JsonOption, QuietOption, finish
from cli.schema import Given, command
from pipeline.export.options import ExportOptions


@command(ExportOptions)
def export(given: Given[ExportOptions], as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """Write a trained generator for other programs.

    A folder gets the layout of the published checkpoints, which the
    reference loads: latest_net_G.pth, and of a training run also
    latest_net_D.pth and latest_net_F.pth. ONNX takes any number of images
    of any height and width in multiples of 4, as float32 in -1 to 1; its
    metadata say so, and the width, domains and terms of the weights. It needs
    pip install 'tpsence[onnx]'.

    Exit codes: 0 done, 2 bad usage, 1 failed, 130 stopped by Ctrl-C, 143 by
    SIGTERM.

    Examples:
      tpsence export runs/rain --out checkpoints/rain
      tpsence export runs/rain --out rain.onnx
      tpsence export rain --out rain.onnx
      tpsence export latest_net_G.pth --out rain.safetensors --half
    """
    from cli.show import show
    from pipeline.export.job import export as job

    options = given.options()
    finished, code = show(lambda stop: job(options), quiet=quiet)
    finish(finished.summary, as_json=as_json, code=code)
