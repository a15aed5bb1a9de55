"""One channel group before and after, as a row."""

from __future__ import annotations

from dataclasses import dataclass

from theoryprune.coresets.group_certificate import GroupCertificate


@dataclass(frozen=True, eq=False)
class ReducedGroup:
    """One channel group before and after.

    Parameters
    ----------
    group : str
        Its name: the first layer that writes it.
    kind : str
        ``"dense"``, ``"convolution"``, ``"stream"`` or ``"depthwise"``.
    before, after : int
        Channels.
    method : str
        The construction that chose and made the outgoing weights; ``"selection"`` where it only chose, because units
        stand for none but themselves; empty for a whole group.
    note : str
        Why it is whole, or why units are only selected; empty if neither.
    certificate : GroupCertificate
    mean : str
        Where the mean of what is lost went: into the bias, or nowhere for it is not told; empty if not asked for.
    """

    group: str
    kind: str
    before: int
    after: int
    method: str
    note: str
    certificate: GroupCertificate
    mean: str = ""
