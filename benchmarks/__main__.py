"""``python -m benchmarks NAME``: the measurements behind the figures."""

import tyro

from benchmarks.quickstart import quickstart

if __name__ == "__main__":
    tyro.extras.subcommand_cli_from_dict({"quickstart": quickstart}, prog="python -m benchmarks")
