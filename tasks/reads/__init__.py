"""Questions to Odoo that two or more jobs ask."""
