"""The job `margin_watch`: what is its alone."""
