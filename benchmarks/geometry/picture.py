"""The picture of the room: points, the two ellipsoids that hold their hull between them, and the few that decide it."""

from pathlib import Path

import numpy as np

from theoryprune import geometry

DARK, BLUE, ORANGE, GREY = "#222222", "#2b6cb0", "#dd6b20", "#a0aec0"


def draw(path: Path, count: int = 60, seed: int = 5) -> None:
    """Draw points, their Löwner ellipsoid, the inner one, and the support of the design; ``.svg`` or ``.png``."""
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from scipy.spatial import ConvexHull

    points = cloud(count, seed)
    found = geometry.lowner(points, eps=1e-6)
    coreset = points[found.support]
    both, kept = np.concatenate([points, -points]), np.concatenate([coreset, -coreset])
    circle = np.array([np.cos(angles := np.linspace(0, 2 * np.pi, 400)), np.sin(angles)]).T
    outer = circle @ np.linalg.inv(found.transform)
    inner = outer / np.sqrt((1 + found.certificate) * found.rank)

    figure = Figure(figsize=(8.6, 3.5), layout="constrained")
    axes = figure.add_subplot(aspect="equal")
    axes.axis("off")
    axes.fill(*both[ConvexHull(both).vertices].T, color=GREY, alpha=0.18, lw=0)
    axes.fill(*kept[ConvexHull(kept).vertices].T, fill=False, color=ORANGE, lw=1.2, ls=(0, (4, 3)))
    axes.plot(*outer.T, color=BLUE, lw=2)
    axes.plot(*inner.T, color=BLUE, lw=1.2)
    axes.scatter(*points.T, s=14, color=DARK, lw=0, zorder=3)
    axes.scatter(*-points.T, s=12, facecolor="white", edgecolor=GREY, lw=0.8, zorder=2)
    axes.scatter(*coreset.T, s=110, facecolor="none", edgecolor=ORANGE, lw=2, zorder=4)
    labels = [
        ("o", 4, DARK, DARK, f"{count} points (open: their negatives)"),
        ("o", 8, "none", ORANGE, f"the {len(coreset)} that carry the design"),
        ("_", 8, BLUE, BLUE, "least ellipsoid, and $1/\\sqrt{g}$ of it"),
        ("_", 8, ORANGE, ORANGE, "hull of these and their negatives"),
        ("s", 8, "#edf0f4", "#edf0f4", "hull of all"),
    ]
    for marker, size, face, edge, text in labels:
        axes.plot([], [], marker=marker, ms=size, mfc=face, mec=edge, mew=2, ls="none", label=text)
    figure.legend(loc="outside right center", frameon=False, fontsize=10, labelcolor=DARK)
    with mpl.rc_context({"svg.hashsalt": "theoryprune"}):  # the same bytes on every run
        figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)


def cloud(count: int, seed: int) -> np.ndarray:
    """Correlated points in the plane."""
    return np.random.default_rng(seed).standard_normal((count, 2)) @ np.array([[1.5, 0.4], [0.0, 1.0]])


if __name__ == "__main__":
    draw(Path(__file__).parents[2] / "docs" / "images" / "geometry.svg")
