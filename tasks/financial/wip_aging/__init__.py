"""The job `wip_aging`."""
