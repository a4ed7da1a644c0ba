"""SQL layers on PostgreSQL: load, stage, build, check, publish."""
