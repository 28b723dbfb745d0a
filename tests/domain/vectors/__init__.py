"""Golden vectors of schedules through clock changes; `python -m tests.domain.vectors` writes them anew."""
