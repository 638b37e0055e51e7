"""What becomes of a place that people ask for, in the words of the queue and of the API."""

from typing import Literal

State = Literal["waiting", "added", "refused"]

Reason = Literal["source", "model", "full", "operator"]
"""Why a place isn't added: its source has too little of it, or the model is of no use there; there
are as many places as may be; or what only the operator can change."""

Room = Literal["new", "full", "today"]
"""Whether a place may be asked for: yes; or there are as many as may be, in all or today."""

Answer = Literal[Room, "known"]
"""What comes of asking; known: it was asked for already."""
