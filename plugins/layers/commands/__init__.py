"""What the command's words do; each returns 0, or 1 where something is wrong."""
