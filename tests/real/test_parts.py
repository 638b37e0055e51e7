"""Parts that whole folders of tests would be left out without."""

import importlib.util

import pytest

pytestmark = pytest.mark.real


def test_the_dashboard_is_tested_in_a_browser(real_part):
    real_part("Playwright (the group `real` installs it)", importlib.util.find_spec("playwright"))
