"""What the frame of the page says, and in which language."""

import pytest

from wearcast.serving.dashboard_server.template_texts import page_language, template_texts


@pytest.mark.parametrize(
    ("asked", "accepted", "found"),
    [
        ("ko", "en-GB,en;q=0.9", "ko"),
        ("", "ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("", "fr-FR,fr;q=0.9,ko;q=0.5,en;q=0.1", "ko"),
        ("xx", "", "en"),
        ("", "*", "en"),
    ],
)
def test_a_visitor_gets_the_language_asked_for_else_the_browsers_first_that_is_spoken(
    asked, accepted, found
):
    assert page_language(asked, accepted) == found


def test_both_languages_say_everything_each_in_its_own_words():
    english, korean = template_texts("en"), template_texts("ko")
    assert english.keys() == korean.keys()
    assert not [name for name in english if english[name] == korean[name]]
