"""Stand-ins that behave: a clock that is set by hand, and a fleet on the sandbox."""
