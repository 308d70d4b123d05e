import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))
from lab import Lab  # noqa: E402


@pytest.fixture
def lab():
    """A fresh gateway for each test; keeps the logs' tail when the test fails."""
    made = Lab()
    yield made
    made.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    lab_used = item.funcargs.get("lab")
    if report.failed and lab_used is not None:
        report.sections.append(("gateway log", lab_used.gateway_log()[-6000:]))
