"""The job `timesheet_reminders`."""
