"""Programs: one short straight-line file each; what the command line runs and the course walks through."""
