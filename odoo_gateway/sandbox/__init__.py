"""A small firm that answers the same JSON-RPC as Odoo 16 to 19, for the demo and for tests."""

from odoo_gateway.sandbox.sandbox import Sandbox

__all__ = ["Sandbox"]
