"""What is to be done about an opportunity before it is offered: what is this job's alone."""
