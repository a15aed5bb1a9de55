"""What is certain of a reduction, and what is not, in words."""

from __future__ import annotations

from theoryprune.coresets import Reduction

_NAMED = 4
_BIASES = "biases count as one more input that is 1, or, in convolutions, add a constant"


def claim(reduction: Reduction) -> str:
    """Say what is certain of a reduction, and what is not.

    Parameters
    ----------
    reduction : Reduction

    Returns
    -------
    str
        Two sentences: for which groups a bound of the error is proved, and what nothing is proved of.
    """
    reduced = [row for row in reduction.layers if row.after < row.before]
    proved = [row for row in reduced if row.certificate.best is not None]
    summed = [row for row in reduced if row.certificate.stream]
    without = [row for row in reduced if row.certificate.best is None and not row.certificate.stream]
    empty, unclear = (sum(row.certificate.vacuity == word for row in proved) for word in ("yes", "perhaps"))
    parts = []
    if proved:
        parts.append(
            f"Certified for every input, in real arithmetic on the weights as stored: in {len(proved)} of "
            f"{len(reduced)} reduced groups, what the group's consumers compute from the same inputs changes by at "
            f"most the upper end of its interval times the norm of these inputs ({_BIASES})."
            f"{_vacuous(empty)}{_unclear(unclear)}"
        )
    if summed:
        named = ", ".join(f"'{row.group}'" for row in summed)
        parts.append(f"Certified at each producer and each reader, in place of one interval: {named}.")
    open_ones = ["accuracy", "the rounding of the deployed network"]
    if reduction.end_to_end is None:
        why = "it takes certificates of all of them" if without else reduction.unbounded
        open_ones.insert(0, f"the output of the whole network ({why})")
    else:
        parts.append(f"Certified of the output: {reduction.end_to_end}.")
    if without:
        named = ", ".join(f"'{row.group}' ({row.certificate.note})" for row in without[:_NAMED])
        more = f" and {len(without) - _NAMED} more" if len(without) > _NAMED else ""
        open_ones.insert(0, f"{len(without)} reduced group{'s' if len(without) > 1 else ''}: {named}{more}")
    return "\n".join([*parts, f"Not certified: {'; '.join(open_ones)}."])


def _vacuous(count: int) -> str:
    if not count:
        return ""
    verb, them = ("are", "their groups") if count > 1 else ("is", "its group")
    return f" {count} of these intervals {verb} vacuous: deleting {them} has as good a bound."


def _unclear(count: int) -> str:
    if not count:
        return ""
    verb, them = ("are", "their groups") if count > 1 else ("is", "its group")
    return f" {count} of these intervals {verb} perhaps vacuous: deleting {them} was not seen to change more."
