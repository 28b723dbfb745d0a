"""The tiny app as `python -m infra.local --app tests.local.served:app` imports it."""

from tests.local.tiny_app import make_app

app = make_app()
