"""The command line, one file a command.  Only ``__main__`` imports it."""
