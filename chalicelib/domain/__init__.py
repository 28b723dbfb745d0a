"""The rules, pure: no clock, no chance, no input or output."""
