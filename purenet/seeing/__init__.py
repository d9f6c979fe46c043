"""See every step: recordings, worked arithmetic, a page to step through, a debugger."""
