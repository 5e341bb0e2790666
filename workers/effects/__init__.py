"""What changes Odoo: proposals, gated by people, executed once."""
