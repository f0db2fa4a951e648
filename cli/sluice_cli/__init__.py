"""The `sluice` command line, one file per verb."""
