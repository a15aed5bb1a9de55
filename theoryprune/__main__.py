"""``python -m theoryprune``."""

import sys

from theoryprune.cli import main

sys.exit(main())
