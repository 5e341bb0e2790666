"""The job `milestone_billing`."""
