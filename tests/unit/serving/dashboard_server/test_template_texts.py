"""What the frame of the page says."""

from catalogues import untranslated
from wearcast.serving.dashboard_server.template_texts import template_texts


def test_both_languages_have_every_text():
    english, korean = template_texts("en"), template_texts("ko")
    assert english.keys() == korean.keys()
    same = {text for key, text in english.items() if korean[key] == text}
    assert same <= untranslated("ko")
