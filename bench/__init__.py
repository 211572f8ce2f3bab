"""The measurements of the performance goals, one command each."""
