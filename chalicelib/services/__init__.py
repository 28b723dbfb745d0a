"""Use cases over ports: read, decide in the domain, write last."""
