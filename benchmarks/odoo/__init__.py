"""The jobs on a large firm of a real Odoo, beside what a firm would use instead of them."""
