"""params.yaml as frozen models, a module a group, and every path of the project.

Other packages import from here, not from the modules of this folder.
"""

from wearcast.config.evaluate import Evaluate
from wearcast.config.forecast import Forecast
from wearcast.config.gate import Gate
from wearcast.config.group import Group, checked, settings_of_notebook
from wearcast.config.ingest import (
    LIVE,
    Files,
    Guidance,
    GuidanceFiles,
    Ingest,
    Kma,
    ModelName,
    OpenMeteo,
    SourceName,
)
from wearcast.config.params import STAGES, Params, places_of_a_parameter, read_groups
from wearcast.config.paths import Paths
from wearcast.config.pipeline_files import (
    declared_stages,
    hashed_files,
    kept_in_git,
    locked_stages,
)
from wearcast.config.preprocess import Blocks, Periods, Preprocess
from wearcast.config.station import Station
from wearcast.config.train import Train

__all__ = [
    "LIVE",
    "STAGES",
    "Blocks",
    "Evaluate",
    "Files",
    "Forecast",
    "Gate",
    "Group",
    "Guidance",
    "GuidanceFiles",
    "Ingest",
    "Kma",
    "ModelName",
    "OpenMeteo",
    "Params",
    "Paths",
    "Periods",
    "Preprocess",
    "SourceName",
    "Station",
    "Train",
    "checked",
    "declared_stages",
    "hashed_files",
    "kept_in_git",
    "locked_stages",
    "places_of_a_parameter",
    "read_groups",
    "settings_of_notebook",
]
