"""The job `handoff_gate`."""
