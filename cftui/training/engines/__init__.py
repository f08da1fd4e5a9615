"""Engines own parameters and gradient steps; one file an engine, chosen by the configuration."""
