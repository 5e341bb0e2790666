"""The job `change_requests`."""
