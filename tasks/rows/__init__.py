"""How judged things are told: the rows and totals of the JSON contract."""
