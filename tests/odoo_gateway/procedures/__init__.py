"""Tests of what stands of ours in Odoo."""
