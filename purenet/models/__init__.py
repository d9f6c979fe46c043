"""Models of tables: the network that fits a table, and how it is asked for in words."""
