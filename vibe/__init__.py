"""A coding assistant for the terminal whose model is a pool."""

__version__ = "0.1.0"
