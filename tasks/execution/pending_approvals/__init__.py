"""The job `pending_approvals`."""
