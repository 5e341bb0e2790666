"""One file per verb of `fleet`, or per few that answer the same kind of question."""
