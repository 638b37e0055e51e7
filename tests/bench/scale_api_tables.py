"""The table of `scale_api.py` in docs/scale.md and, in Korean, in docs/scale.ko.md."""

from collections.abc import Sequence

from measured_tables import write_down

from service import Row

COMMAND = "make bench-scale-api"
HEADINGS = ("measure", "bar", "found")
KOREAN_HEADINGS = ("항목", "기준", "결과")
KOREAN = {
    "process start to ready, median": "시작부터 준비까지, 중앙값",
    "a kept answer beside nothing else, at most": "다른 일이 없을 때 보관된 답, 최대",
    "a kept answer beside /stations, page by page, at most": (
        "`/stations`를 쪽마다 묻는 동안 보관된 답, 최대"
    ),
    "a kept answer beside 50 stations, none of them kept, at most": (
        "보관되지 않은 50개 지점을 묻는 동안 보관된 답, 최대"
    ),
    "a kept answer beside 50 stations, kept, at most": (
        "보관된 50개 지점을 묻는 동안 보관된 답, 최대"
    ),
    "a kept answer beside 50 stations, as JSON, at most": (
        "50개 지점을 압축 없이 묻는 동안 보관된 답, 최대"
    ),
    "a kept answer beside a new snapshot, at most": ("새 스냅숏으로 바뀌는 동안 보관된 답, 최대"),
    "a kept answer beside a scrape of /metrics, at most": (
        "`/metrics`를 읽는 동안 보관된 답, 최대"
    ),
    "the server's memory at its largest": "서버의 메모리, 최대",
    "the worker 1's memory at its largest": "작업자의 메모리, 최대",
    "the memory of all, what they share counted once": ("모두의 메모리, 함께 쓰는 것은 한 번만 셈"),
    "kept answers of one station, to those of 3": "한 지점의 보관된 답, 3개 지점일 때에 견주어",
    "answers of 2,000 stations by Zipf's law, to those of 3": (
        "지프 법칙을 따르는 2,000개 지점의 답, 3개 지점일 때에 견주어"
    ),
}
KOREAN_WORDS = {
    "× the reference": "× 기준 계산",
    "it took": "걸린 시간",
    "(missed)": "(미달)",
}


def write(rows: Sequence[Row]) -> None:
    """Put the table into the documents."""
    cells = [(row.measure, row.bar, found(row)) for row in rows]
    korean = [(KOREAN[measure], bar, in_korean(text)) for measure, bar, text in cells]
    write_down("scale", "scale-api", COMMAND, [HEADINGS, *cells], [KOREAN_HEADINGS, *korean])


def found(row: Row) -> str:
    """What was found, and whether the bar is missed."""
    return f"{row.found} (missed)" if row.kept is False else row.found


def in_korean(text: str) -> str:
    """What was found, in Korean."""
    for english, korean in KOREAN_WORDS.items():
        text = text.replace(english, korean)
    return text
