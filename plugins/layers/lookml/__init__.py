"""LookML, made from the contracts of `prs` alone: what Looker shows, and how it may be added up."""
