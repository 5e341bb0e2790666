"""What of ours stands in an Odoo: its sources, what installs and compares it, and how it is run."""
