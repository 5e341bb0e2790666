"""Projects for what was sold, and what was sold for projects: what is this job's alone."""
