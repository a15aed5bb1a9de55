"""``python -m benchmarks NAME``: the measurements behind the figures."""

import tyro

from benchmarks.coresets import coresets
from benchmarks.extraction_speed import extraction
from benchmarks.geometry import geometry
from benchmarks.quickstart import quickstart
from benchmarks.synflow_speed import synflow

if __name__ == "__main__":
    tyro.extras.subcommand_cli_from_dict(
        {
            "quickstart": quickstart,
            "synflow": synflow,
            "extraction": extraction,
            "geometry": geometry,
            "coresets": coresets,
        },
        prog="python -m benchmarks",
    )
