"""The job `invoice_readiness`."""
