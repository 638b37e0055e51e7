"""docs/words.md: each sentence beside its translation, and what the code says now."""

from catalogues import script

words = script("words")


def test_blocks_of_a_page_are_read_with_what_its_labels_say():
    html = (
        '<p>Cold <b>day</b>.</p><button aria-label="Share"><svg><title>drawn</title></svg></button>'
        "<ul><li>wool\u00a0coat<span>at</span><span>hand</span></li></ul>"
    )
    assert words.blocks(html) == [
        ("p", "Cold day."),
        ("button@aria-label", "Share"),
        ("li", "wool coat at hand"),
    ]


def test_an_element_that_one_language_lacks_stands_alone():
    english, korean = "<h2>Now</h2><p>Rain</p><h3>Later</h3>", "<h2>지금</h2><h3>나중</h3>"
    assert list(words.pairs(english, korean)) == [
        ("Now", "지금"),
        ("Rain", ""),
        ("Later", "나중"),
    ]


def test_the_same_sentence_of_another_day_or_temperature_isnt_new():
    seen = set()

    def new(day, temp):
        html = {"en": f"<p>{day}: {temp} °C</p>", "ko": f"<p>{temp}°C</p>"}
        return list(words._new_pairs(html, seen))

    assert new("Monday", "−3") == [("Monday: −3 °C", "−3°C")]
    assert new("Tuesday", "12") == []


def test_the_document_is_what_the_page_says():
    text = words.DOCUMENT.read_text("utf-8")
    assert words.document() == text, "make regenerate ONLY=words writes it anew"
