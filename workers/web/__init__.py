"""The page that mails link to: shows a case, and takes what its reader does about it."""
