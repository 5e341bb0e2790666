"""Jobs of the execution layer: time and expenses."""
