"""What runs inside Odoo: each module stands alone, its functions get Odoo's `env`."""
