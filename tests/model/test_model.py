"""Clients, agents, clocks and messages do what they like: the service is always as the model says."""

from .running import machine, settings_of

TestService = machine().TestCase
TestService.settings = settings_of(examples=20, steps=50, derandomize=True)
