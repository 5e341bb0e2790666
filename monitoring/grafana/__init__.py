"""Grafana's dashboards, written from one source: `python -m monitoring.grafana`."""
