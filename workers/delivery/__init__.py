"""From outbox to inbox: announce, render, send, settle."""
