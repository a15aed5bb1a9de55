"""The benchmark harness of theoryprune: models, data, training and tables, on public names only."""
