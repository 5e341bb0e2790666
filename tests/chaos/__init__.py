"""Proof with counts: whatever is killed, cut or paused, no slot and no mail is lost or doubled."""
