"""`fleet demo`: the whole fleet as real processes on embedded parts, watching a made-up firm."""
