"""Tables and charts in Korean; `cli.report` and `wearcast.figures` have English words only."""

import re
from typing import Final

import captions

KOREAN: Final = {
    "method": "방법",
    "network": "신경망",
    "ridge": "릿지 회귀",
    "ridge, CRPS": "릿지 회귀, CRPS",
    "damped anomaly": "감쇠 편차",
    "climatology drift": "기후값 + 최근 한 해 편차",
    "climatology + drift": "기후값 + 최근 한 해 편차",
    "climatology": "기후값",
    "seasonal naive": "마지막 하루 반복",
    "persistence": "지속성",
    "persistence (last day)": "지속성 (전날)",
    "our forecast": "우리 예보",
    "the prototype's rule": "시제품의 규칙",
    "the Korean table": "기온별 옷차림 표",
    "the weather itself": "실제 날씨",
    "within the 80 % interval": "80% 구간에 든 비율",
    "coverage of 80 %": "80% 구간에 든 비율",
    "all": "전체",
    "all leads": "전체",
    "day 1": "1일 뒤",
    "day 2": "2일 뒤",
    "day 3": "3일 뒤",
    "day 4": "4일 뒤",
    "day 5": "5일 뒤",
    "day 7": "7일 뒤",
    "MAE, °C": "평균 절대 오차, °C",
    "band, day 1/3/7": "맞은 기온대, 1/3/7일 뒤",
    "temperature unless said, %": "따로 말이 없으면 기온, %",
    "past alone, MAE °C": "과거만으로 한 예보의 평균 절대 오차, °C",
    "temperature, served": "서비스하는 예보의 기온",
    "CRPS, served": "서비스하는 예보의 CRPS",
    "dew point": "이슬점",
    "wind": "바람",
    "80 % interval, with guidance": "80% 구간에 든 비율",
    "highs within 2 °C, with guidance": "최고기온이 2°C 안에 든 날의 비율",
    "highs within 2 °C, past alone": "최고기온이 2°C 안에 든 날의 비율, 과거만으로",
    "rain": "비",
    "Brier skill beside the season's rate": "계절 평균 확률에 견준 브라이어 기술 점수",
    "chance - share of wet days": "말한 확률 - 비 온 날의 비율",
    "umbrella on wet days": "비 온 날에 우산을 권한 비율",
    "umbrella on dry days": "비가 안 온 날에 우산을 권한 비율",
    "without an umbrella, stayed dry": "우산을 권하지 않은 날 중 비가 안 온 비율",
    "days, wet ones": "일수, 그중 비 온 날",
    "advice driven by": "조언의 바탕",
    "right band": "맞은 기온대",
    "clo error": "clo 오차",
    "clo error: our forecast minus …": "clo 오차: 우리 예보에서 뺀 것",
    "hours off": "안 맞는 시간",
    "off by 0.15": "0.15 넘게 어긋난 시간",
    "too cold": "추운 시간",
    "too warm": "더운 시간",
    "umbrella hits": "우산 적중",
    "false alarms": "빗나간 우산",
    "50 %": "50%",
    "80 %": "80%",
    "median": "중앙값",
    "observed": "관측",
    "temperature (°C)": "기온 (°C)",
    "rain (%)": "비 올 확률 (%)",
    "wind (m/s)": "바람 (m/s)",
    "lead, days": "선행시간, 일",
    "mean absolute error, °C": "평균 절대 오차, °C",
    "said to be right": "맞는다고 한 시간",
    "days": "일수",
    "said": "말한 평균",
    "was right": "실제로 맞은 평균",
    "outfit": "옷차림",
    "Korean table": "기온별 옷차림 표",
    "UTCI clothing": "UTCI의 옷차림",
    "MENEX_2005": "MENEX_2005",
    "temperature all day, °C": "종일 같은 기온, °C",
    "insulation, clo": "보온력, clo",
}

WORD: Final = re.compile(r"[A-Za-z]{2,}")


def in_korean(text: str) -> str:
    """Tables in Markdown and their captions in Korean.

    Raises:
        KeyError: a cell says something that KOREAN doesn't have.
    """
    return "\n".join(in_korean_line(line) for line in text.splitlines())


def in_korean_line(line: str) -> str:
    """A row, a caption or an empty line in Korean."""
    if not line.startswith("|"):
        return captions.in_korean(line) if line else line
    return " | ".join(in_korean_cell(cell) for cell in line.split(" | "))


def in_korean_cell(cell: str) -> str:
    """A cell in Korean; one at an edge of the table has the edge's bar with it."""
    before, text, after = re.fullmatch(r"((?:\| ?)?)(.*?)((?: ?\|)?)", cell).groups()
    text = text.replace("_", " ")
    if hours := re.fullmatch(r"([\d-]+) h", text):
        text = f"{hours[1]}시간"
    elif rival := re.fullmatch(r"network − (.+), %", text):
        text = f"신경망 − {KOREAN[rival[1]]}, %"
    elif synoptic := re.fullmatch(r"(.+) at 00 and 12 local", text):
        text = f"{KOREAN[synoptic[1]]} (00시·12시 발표)"
    elif WORD.search(text) and text != "CRPS":
        text = KOREAN[text]
    return before + text + after
