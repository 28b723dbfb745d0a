"""Values that a field must not hold, by what it should hold."""

LONG = 1_001
NOT_TEXT = (5, 5.5, True, ["a"], {"a": 1})
NAME = (*NOT_TEXT, None, "", "x" * 129, "line\nbreak", "nul\0", "\x7f")
CAPABILITY = (*NAME, "a b", "-a", "ü", "a\\b")
MAYBE_ID = (*NOT_TEXT, "", "x" * 129, "a b", "-a", "a/b", "ü", "schedule", "batch", "leaderboard", "validate")
ID = (*MAYBE_ID, None)
WORDS = (*NOT_TEXT, "x" * LONG)
NOT_NUMBER = ("5", "", True, [5], {"a": 5})
PRIORITY = (*NOT_NUMBER, None, 0, 11, -1, 5.5, 10**20)
SHARE = (*NOT_NUMBER, -0.1, 1.1, 1e300)
MOMENT = (
    5,
    1_800_000_000,
    True,
    [],
    "",
    "soon",
    "2027-01-15",
    "2027-01-15T09:00:00",
    "2027-13-01T00:00:00Z",
    "1969-12-31T23:59:59Z",
    "9999-12-31T23:59:59-12:00",
    "0001-01-01T00:00:00+12:00",
)
OBJECT = (5, "a", True, ["a"], None)
BOOLEAN = ("true", 1, 0, None, [])
METADATA = (*OBJECT, {"a": "x" * 8_193})
RETRY_POLICY = (
    5,
    None,
    True,
    [],
    "never",
    {"strategy": "never"},
    {"backoff_seconds": -1},
    {"backoff_seconds": 3_601},
    {"max_backoff_seconds": 86_401},
    {"multiplier": 0.5},
    {"multiplier": 11},
    {"jitter": 1.1},
    {"backoff_seconds": "1"},
    {"wait": 1},
)
DST_POLICY = (
    5,
    None,
    "next",
    [],
    {"gap": "first"},
    {"fold": "next"},
    {"gap": None},
    {"fold": "both", "overlap": "skip"},
)
OPTIONS = {
    "timeout_seconds": (*NOT_NUMBER, None, 0, 0.5, 43_201, -1),
    "max_retries": (*NOT_NUMBER, None, -1, 101, 1.5),
    "retry_policy": RETRY_POLICY,
    "queue_timeout_seconds": (*NOT_NUMBER, 0, 2_592_001),
    "min_trust": SHARE,
    "routing_strategy": (5, None, "", "fastest", ["trust_weighted"]),
    "capability_version": (5, "", "1.2", ">=", ">=blue", "~1", ">=1,", [">=1"], ">1,>2,>3,>4,>5", "x" * 101),
}
TAGS = (5, "a", None, [5], [""], ["a", "a"], ["a\nb"], [str(number) for number in range(11)])
HELD = (5, "a", None, [5], ["a"], [{}], [{"task_id": "a"}], [{"task_id": "a b", "lease_token": 1}])
TOKEN = ("1", 0, -1, 1.5, True, 2**53 + 1, [])
RETRY_AFTER = (*NOT_NUMBER, -1, 86_401)
