"""Records that two or more jobs share: one file per subject of Odoo."""
