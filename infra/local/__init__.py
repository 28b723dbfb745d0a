"""The local cloud: the whole system on a laptop, in one process, durable."""
