"""The names by which models and providers are known, and the closed sets that describe them."""

from __future__ import annotations

from typing import Literal, NewType, TypeAlias

Alias = NewType("Alias", str)
ProviderName = NewType("ProviderName", str)

Backend: TypeAlias = Literal["mistral", "generic", "anthropic", "responses", "azure"]
Mode: TypeAlias = Literal["single", "failover", "load_balance"]
Strategy: TypeAlias = Literal["weighted", "round_robin", "random", "least_busy"]
Affinity: TypeAlias = Literal["request", "turn", "conversation"]
BrokenStream: TypeAlias = Literal["continue", "restart", "stop"]
Overflow: TypeAlias = Literal["wait", "fallback"]
Confinement: TypeAlias = Literal["auto", "bwrap", "landlock", "off"]
Approval: TypeAlias = Literal["plan", "ask", "edits", "auto"]
Theme: TypeAlias = Literal["dark", "light", "ansi"]
LogForm: TypeAlias = Literal["text", "json"]
Size: TypeAlias = Literal["big", "middle", "small"]
