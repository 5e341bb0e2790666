"""How fast the fleet is, measured."""
