"""A simple model of the service, and the service compared with it step by step through its HTTP contract.

The model knows nothing of how the service works: only what was asked, what was answered and what time it is.
"""
