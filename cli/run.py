"""``tpsence run``: parse, run the chain, print."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import DryRunOption, JsonOption, QuietOption, finish
from cli.schema import Given, command
from pipeline.run.config import ChainConfig

ConfigArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="CONFIG",
        help="A YAML file with the settings; paths in it are relative to its folder. Options count before it.",
        show_default=False,
    ),
]

# run.json has the order of the fields.
_ORDER = {
    **{"out": "format", "precision": "device", "workers": "batch_size"},
    **{"engine": "workers", "address": "engine", "gpus_per_worker": "address"},
}


@command(ChainConfig, after=_ORDER)
def run(
    given: Given[ChainConfig],
    config: ConfigArgument = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """The whole chain: label maps, training, translation of a data set, report.

    OUT then holds dataset (label maps), training (the generator), augmented
    (the data set in rain), report.html and run.json. A stage whose inputs and
    settings are as they were is not run again; one that was stopped or killed
    continues.

    Exit codes: 0 all done, 3 done with skips, 4 done with more flagged than
    --max-flagged, 2 bad usage, 1 failed, 130 stopped by Ctrl-C,
    143 by SIGTERM.

    Examples:
      tpsence run --clear sun --rainy rain --labels data/coco.json --out runs/mine
      tpsence run --clear A --rainy B --labels data/coco.json --out C --preset tiny
      tpsence run chain.yaml
      tpsence run chain.yaml --from train --set optim.epochs=50
      tpsence run chain.yaml --dry-run
    """
    from pipeline.run.settings_file import load_chain

    chain_config = load_chain(config, given.values)  # what stands on the command line counts before the file
    from cli.show import show
    from pipeline.run.job import check
    from pipeline.run.job import run as job

    finished, code = show(lambda stop: check(chain_config) if dry_run else job(chain_config, stop), quiet=quiet)
    finish(finished.summary, as_json=as_json, code=code)
