"""A generated firm from its first lead to the work on what was sold, with every gap on purpose."""
