"""One browser for all pages: playwright starts once a process."""

import pytest

from browser.look import chromium


@pytest.fixture(scope="session")
def browser():
    with chromium() as started:
        yield started
