"""What is counted, for Prometheus. Labels are few and never hold personal data."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("nhipcau_requests_total", "Answered requests", ["route", "method", "status"])
REQUEST_SECONDS = Histogram(
    "nhipcau_request_seconds",
    "Time to answer",
    ["route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
DATABASE_SECONDS = Histogram(
    "nhipcau_database_seconds", "Time at a database door", ["door"], buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 2)
)
SLOW_QUERIES = Counter("nhipcau_slow_queries_total", "Statements slower than the setting")
DELIVERIES = Counter("nhipcau_deliveries_total", "Deliveries by channel and outcome", ["channel", "outcome"])
OUTBOX_DUE = Gauge("nhipcau_outbox_due", "Deliveries due at the last sweep")
BANK_EVENTS = Counter(
    "nhipcau_bank_events_total", "Webhooks kept, by provider and what became of them", ["provider", "outcome"]
)
CHAT_TURNS = Counter("nhipcau_chat_turns_total", "Chat messages by channel and kind of answer", ["channel", "kind"])
CHAT_DROPPED = Counter("nhipcau_chat_dropped_total", "Updates of chats that flood, which were not kept", ["channel"])
CHAT_READY = Gauge("nhipcau_chat_ready", "1 once a messenger has answered our introduction", ["channel"])
