"""How options look: in the help, with placeholders and no default where there is none; and in errors."""

from __future__ import annotations

import re

import tyro

MODEL = tyro.conf.arg(metavar="MODEL")
TARGET = tyro.conf.arg(metavar="TARGET")
NAMES = tyro.conf.arg(metavar="[NAME ...]", help_behavior_hint="")
PATTERNS = tyro.conf.arg(metavar="[NAME ...]", help_behavior_hint="")
NUMBER = tyro.conf.arg(metavar="NUMBER", help_behavior_hint="")
STEPS = tyro.conf.arg(metavar="N", help_behavior_hint="")
FILE = tyro.conf.arg(metavar="FILE", help_behavior_hint="")
FOLDER = tyro.conf.arg(metavar="FOLDER", help_behavior_hint="")
SHAPE = tyro.conf.arg(metavar="C,H,W", help_behavior_hint="")
METHOD = tyro.conf.arg(metavar="NAME")
SCHEDULE = tyro.conf.arg(metavar="{adaptive,guarded,exponential,linear,one_shot}", help_behavior_hint="")
PART = tyro.conf.arg(metavar="PART", help_behavior_hint="")
GUARD = tyro.conf.arg(metavar="{layer}", help_behavior_hint="")
ROWS = tyro.conf.arg(metavar="all|last|N")
FLAG = tyro.conf.arg(help_behavior_hint="")
CHANNELS = tyro.conf.arg(metavar="N", help_behavior_hint="")
WEIGHTING = tyro.conf.arg(metavar="{relative,telescoped,equal}", help_behavior_hint="")
INPUTS = tyro.conf.arg(metavar="{standard,batchnorm}", help_behavior_hint="")
CORRECTION = tyro.conf.arg(metavar="{on,off}", help_behavior_hint="")
LIMIT = tyro.conf.create_mutex_group(required=True, title="the budget (exactly one)")
AMOUNT = tyro.conf.create_mutex_group(required=True, title="how much to keep (exactly one)")

_KEYWORD = re.compile(
    r"(?<!\w)(?<!Budget\()(scope|protect|on_collapse|schedule|density|guard|streams|end_to_end|params|macs|channels)="
    r"(?:'(\w+)'|(\w+)\((\d*)\)|(\d[\d.]*(?:e-?\d+)?)|\.\.\.|True)"
)


def as_options(message: str) -> str:
    """Write the keyword arguments that a message of the library recommends as options of the command.

    Examples
    --------
    >>> as_options("Remedy: scope='layer', or protect=... for these layers")
    'Remedy: --scope layer, or --protect for these layers'
    """
    return _KEYWORD.sub(_option, message)


def _option(found: re.Match[str]) -> str:
    """Write one keyword argument, a schedule's number of steps as an option of its own."""
    name, word, call, steps, number = found.groups()
    option = f"--{name.replace('_', '-')} {word or call or number or ''}".rstrip()
    return f"{option} --steps {steps}" if steps else option
