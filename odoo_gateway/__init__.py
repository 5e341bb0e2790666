"""How we ask Odoo: typed records in, complete answers or a named error out."""
