"""A coding assistant for the terminal whose model is a pool."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vibe.library.multiplexer import Multiplexer

__all__ = ["Multiplexer", "__version__"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """The library is loaded by whoever asks for it: nothing else may wait for that."""
    if name == "Multiplexer":
        from vibe.library.multiplexer import Multiplexer

        return Multiplexer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
