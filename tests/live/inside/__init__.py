"""What runs inside Odoo: functions that get Odoo's `env`; they import nothing of the fleet."""
