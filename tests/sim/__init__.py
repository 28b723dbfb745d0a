"""Routing in virtual time: the shipped use cases over in-memory stores, with agents of every kind."""
