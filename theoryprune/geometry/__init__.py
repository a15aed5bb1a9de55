"""Convex geometry in NumPy and SciPy, float64: it knows nothing of networks."""
