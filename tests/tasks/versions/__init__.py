"""The jobs on the Odoo versions that were recorded, and the page that tells operators of them."""
