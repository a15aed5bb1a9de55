"""The weight graph: from a module and back, evaluation, channels, transformation."""
