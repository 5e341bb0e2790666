"""The job `utilization_variance`."""
