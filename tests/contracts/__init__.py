"""One contract, kept by the sandbox and by a real Odoo 19 alike."""
