"""A recorded step on paper: as text, Markdown or a page to step through."""
