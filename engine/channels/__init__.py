"""Ways a reminder leaves: SMTP, a maildir, a task for a person."""
