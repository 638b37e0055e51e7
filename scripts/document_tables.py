"""Bring the generated parts of the READMEs and docs/forecasting up to what the pipeline made, and
the tables of the test periods up to the newest looks of docs/test-looks.md.

    python scripts/document_tables.py            `make regenerate ONLY=tables`, after `make repro`
    python scripts/document_tables.py --looks    the looks alone, as `make bench-seoul-test` does

Each document gets outputs and tables in its own language, and a caption under each table. Beside
its mark a part says of which outputs of dvc.lock it was made, which scripts/stale_tables.py reads.
"""

import io
import re
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, Final

import captions
from korean_tables import in_korean
from rich.console import Console

from wearcast import artifacts
from wearcast.cli import advise as advise_command
from wearcast.cli.report import clothes_markdown, markdown
from wearcast.config import Paths, locked_stages
from wearcast.notebook.tracked_outputs import changed

DOCUMENTS: Final = {
    "README.md": "en",
    "README.ko.md": "ko",
    "docs/forecasting.md": "en",
    "docs/forecasting.ko.md": "ko",
}
"""The language of each document with generated parts; `x.ko.md` is the Korean `x.md`."""

MADE_OF: Final = {
    "scores": ("models/forecaster", "reports/verification.json"),
    "clothes": ("models/forecaster", "reports/verification.json"),
    "clothes-differences": ("models/forecaster", "reports/verification.json"),
    "certainty": ("models/forecaster", "reports/verification.json"),
    "advice": ("models/forecaster", "data/forecast/snapshot.npz"),
}
"""The outputs of the pipeline that each part tells of."""

COPIED: Final = ("seoul", "seoul-differences", "seoul-clothes", "guidance", "guidance-rain")
"""Tables that come from docs/test-looks.md."""

LOOKS: Final = "docs/test-looks.md"
COMMAND: Final = "make repro && make regenerate ONLY=tables"
HARDEST: Final = ("climatology_drift", "damped_anomaly", "ridge")
"""The methods whose differences from the network docs/forecasting shows."""

OF_GUIDANCE: Final = (
    "past alone, MAE °C",
    "temperature, served",
    "CRPS, served",
    "dew point",
    "wind",
    "80 % interval, with guidance",
    "highs within 2 °C, with guidance",
    "highs within 2 °C, past alone",
)
"""What the README shows of the look at numerical forecasts."""

MISSED: Final = " (missed)"
"""Marks in a look what misses its bar."""

Outputs = Mapping[str, str]
"""The hash of each output of the pipeline, short, by its path."""


def main(options: list[str]) -> None:
    """Write what stands between marks in the documents."""
    root = Paths.find().root
    if options == ["--looks"]:
        write(root, lambda language: copied(root, language))
    elif not options:
        made = pipeline_parts(Paths(root))
        write(root, lambda language: made(language) | copied(root, language))
    else:
        sys.exit(__doc__)


def write(root: Path, parts: Callable[[str], Mapping[str, str]]) -> None:
    """Fill every document with the parts in its language."""
    made = {language: parts(language) for language in set(DOCUMENTS.values())}
    outputs = locked_outputs(root)
    for name, language in DOCUMENTS.items():
        text = (root / name).read_text(encoding="utf-8")
        artifacts.write_bytes(root / name, filled(text, made[language], outputs).encode())


def pipeline_parts(paths: Paths) -> Callable[[str], dict[str, str]]:
    """What the pipeline's outputs say, in a language; ends the program where they aren't those of
    dvc.lock."""
    entries = locked_entries(paths.root)
    wanted = set(chain.from_iterable(MADE_OF.values()))
    other = changed((entry for entry in entries if entry["path"] in wanted), paths.root)
    if other:
        sys.exit(f"{', '.join(other)}: not what dvc.lock names. Run `make repro` first.")
    metrics = artifacts.read_json(paths.verification)
    model = artifacts.read_json(paths.model / "manifest.json")["version"]

    def made(language: str) -> dict[str, str]:
        return scores(metrics, model, language) | {"advice": advice(paths, language)}

    return made


def advice(paths: Paths, language: str) -> str:
    """What `wearcast advise --date tomorrow` prints in a language."""
    now = datetime.now(UTC)
    options = {"language": language}
    return printed(
        lambda console: advise_command.show(paths, console, options, None, "tomorrow", None, now)
    )


def printed(show: Callable[[Console], None]) -> str:
    """What `show` prints on 100 columns, as a block of code."""
    console = Console(width=100, record=True, file=io.StringIO())
    show(console)
    lines = "\n".join(line.rstrip() for line in console.export_text().splitlines())
    return f"```\n{lines}\n```"


def scores(metrics: Mapping[str, Any], model: str, language: str) -> dict[str, str]:
    """The tables of scores in a language, by the name of their marks."""
    table, legend = markdown(metrics).split("\n\n")
    clothes, differences, certainty, clothes_legend = clothes_markdown(metrics).split("\n\n")
    line = captions.caption(COMMAND, captions.today(), model=model)
    tables = [captions.captioned(one, line) for one in (table, clothes, differences, certainty)]
    if language == "ko":
        tables = [in_korean(one) for one in tables]
        legend, clothes_legend = korean_legends(metrics)
    table, clothes, differences, certainty = (one.rstrip() for one in tables)
    return {
        "scores": f"{table}\n\n{legend}",
        "clothes": f"{clothes}\n\n{clothes_legend}",
        "clothes-differences": differences,
        "certainty": certainty,
    }


def korean_legends(metrics: Mapping[str, Any]) -> tuple[str, str]:
    """What the two tables of scores show: the forecast's, the advice's."""
    began, ended = metrics["from"][:10], metrics["until"][:10]
    at_00_12 = metrics.get("forecasts_at_00_12")
    synoptic = f" 00시·12시에 발표한 예보 {at_00_12}개." if at_00_12 else ""
    return (
        f"기온의 평균 절대 오차(°C). 시험 기간: {began}부터 {ended}까지 발표한 예보"
        f" {metrics['forecasts']}개, 서로 독립인 14일 구간 {metrics['independent_blocks']}개."
        f"{synoptic}",
        "1/3/7일 뒤의 조언. 입은 옷이 0.3 clo 넘게 춥거나 더우면 안 맞는 시간으로 셉니다. 0.15라고"
        " 쓴 열은 0.15 clo를 기준으로 셉니다."
        f" 시험 기간: 저녁 {metrics['clothing']['evenings']}번.",
    )


def copied(root: Path, language: str) -> dict[str, str]:
    """The tables of the test periods in a language, each of the newest look that has it."""
    text = (root / LOOKS).read_text(encoding="utf-8")
    errors, clothes, differences, guidance, rain = (
        newest_table(text, heading)
        for heading in (
            "MAE, °C",
            "advice driven by",
            "clo error: our forecast minus …",
            "temperature unless said, %",
            "rain",
        )
    )
    of_guidance = tuple(f"| {row} |" for row in OF_GUIDANCE)
    rivals = tuple(f"| network − {name}," for name in HARDEST)
    parts = {
        "seoul": with_rows(errors, lambda row: not row.startswith("| network −")),
        "seoul-differences": with_rows(errors, lambda row: row.startswith(rivals)),
        "seoul-clothes": f"{clothes}\n\n{differences}",
        "guidance": with_rows(guidance, lambda row: row.startswith(of_guidance)),
        "guidance-rain": rain,
    }
    parts = {name: part.replace(MISSED, "") for name, part in parts.items()}
    if language == "ko":
        parts = {name: in_korean(part) for name, part in parts.items()}
    return parts


def newest_table(looks: str, heading: str) -> str:
    """The last table of the looks whose first heading is this one, and its caption.

    Raises:
        LookupError: none is there, or it has no caption.
    """
    found = [
        table for table in captions.TABLE.finditer(looks) if table[0].startswith(f"| {heading} |")
    ]
    if not found:
        raise LookupError(f"{LOOKS} has no table of {heading!r}")
    table = found[-1]
    line = looks[table.end() :].lstrip("\n").split("\n", 1)[0]
    if not captions.CAPTION.fullmatch(line):
        raise LookupError(f"{LOOKS}: no caption under the last table of {heading!r}")
    return f"{table[0]}\n{line}"


def with_rows(table: str, chosen: Callable[[str], bool]) -> str:
    """A table with its headings, the chosen rows and its caption."""
    headings, rule, *lines = table.splitlines()
    return "\n".join(
        [headings, rule, *(line for line in lines if not line.startswith("|") or chosen(line))]
    )


def between_marks(text: str, name: str) -> str:
    """What stands between `<!-- name: … -->` and `<!-- /name -->`; empty where there is none."""
    found = re.search(rf"<!-- {name}: [^>]*-->\n(.*?)\n<!-- /{name} -->", text, re.DOTALL)
    return found[1] if found else ""


def filled(text: str, parts: Mapping[str, str], outputs: Outputs) -> str:
    """The document with what stands between its marks replaced, and beside each mark the outputs
    that the part tells of. Of the pipeline's parts, one that differs in its date alone stays."""
    for name, content in parts.items():
        between = re.compile(
            rf"(<!-- {name}: [^>;]*?)(?:; [^>]*)? -->\n(.*?)\n(<!-- /{name} -->)", re.DOTALL
        )

        def replaced(found: re.Match[str], name: str = name, content: str = content) -> str:
            mark = "; ".join([found[1], *made_of(name, outputs)])
            now = captions.kept(found[2], content) if name in MADE_OF else content
            return f"{mark} -->\n{now}\n{found[3]}"

        text = between.sub(replaced, text)
    return text


def made_of(name: str, outputs: Outputs) -> list[str]:
    """The outputs that a part tells of with their hashes, as its mark names them; none where it
    doesn't come from the pipeline."""
    named = [f"{path} {outputs[path]}" for path in MADE_OF.get(name, ())]
    return [", ".join(named)] if named else []


def locked_entries(root: Path) -> list[Mapping[str, Any]]:
    """What dvc.lock says of every output."""
    stages = locked_stages(root).values()
    return [entry for stage in stages for entry in stage["outs"]]


def locked_outputs(root: Path) -> Outputs:
    """The hash that dvc.lock has of every output."""
    return {entry["path"]: captions.short(entry["md5"]) for entry in locked_entries(root)}


if __name__ == "__main__":
    main(sys.argv[1:])
