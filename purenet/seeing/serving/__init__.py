"""A page that trains: a small server for one reader on this computer, and what it serves."""
