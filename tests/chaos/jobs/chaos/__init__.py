"""A layer of jobs whose right effect can be computed from the timetable alone."""
