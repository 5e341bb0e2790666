"""One file for each kind of effect, found by name; each declares its `KIND`."""
