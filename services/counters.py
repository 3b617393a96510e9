"""What a service counts for Prometheus; labels hold names of specialists and reasons, nothing of a study."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Counters:
    """The metrics of one service, in a registry of its own."""

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        prefix, registry = f"wetread_{service}", self.registry
        self.analyses = Counter(
            f"{prefix}_analyses", "Requests to /v1/analyze by HTTP status.", ["status"], registry=registry
        )
        self.seconds = Histogram(
            f"{prefix}_specialist_seconds",
            "Time one specialist took to read the images of a request.",
            ["specialist"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.failures = Counter(
            f"{prefix}_specialist_failures",
            "Times a specialist gave no usable result, by cause.",
            ["specialist", "cause"],
            registry=registry,
        )
        self.limitations = Counter(
            f"{prefix}_limitations", "Limitations answered, by reason.", ["reason"], registry=registry
        )
        self.ready = Gauge(
            f"{prefix}_specialist_ready", "1 if the specialist can be asked.", ["specialist"], registry=registry
        )
