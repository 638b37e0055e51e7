"""Nothing that an answer says can become a part of the page."""

from hypothesis import given
from hypothesis import strategies as st

from wearcast.serving.dashboard.markup import Markup, tag


@given(st.text())
def test_text_stays_text(text):
    shown = tag("p", text, title=text)
    assert shown.count("<") == 2
    assert shown.count('"') == 2


def test_html_stays_html():
    assert tag("p", tag("b", "a & b"), [" ", None]) == "<p><b>a &amp; b</b> </p>"
    assert isinstance(tag("p"), Markup)


def test_attributes_that_are_none_or_false_are_left_out():
    assert (
        tag("a", class_="x", aria_current=None, data_look=True, hidden=False)
        == '<a class="x" data-look></a>'
    )
    assert tag("input", type="radio", name="units") == '<input type="radio" name="units">'


def test_a_shape_ends_where_it_begins_also_within_svg():
    assert tag("svg", tag("path", d="M0 0"), tag("g")) == '<svg><path d="M0 0"/><g></g></svg>'
