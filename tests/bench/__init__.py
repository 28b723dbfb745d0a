"""What the service costs and how fast it is on this machine: `python -m tests.bench`."""
