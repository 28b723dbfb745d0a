"""What is deployed, and the local cloud that stands in for it."""
