"""`python -m infra.doctor`: the domain's invariants, asked of a live deployment's tables; it only reads."""
