"""How we watch: metrics, the exporter that Prometheus scrapes, and logs."""
