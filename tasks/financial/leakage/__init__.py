"""The job `leakage`: what is its alone."""
