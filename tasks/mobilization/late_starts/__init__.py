"""Projects that start late or otherwise than agreed: what is this job's alone."""
