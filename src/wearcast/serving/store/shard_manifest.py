"""The manifest of a snapshot in shards: files of some stations each, which together are published
at once."""

from typing import Final, Literal

from pydantic import AwareDatetime, ConfigDict, Field, ValidationError

from wearcast.config import Group
from wearcast.errors import StoreError

SHA256: Final = r"^[0-9a-f]{64}$"
MAX_STATIONS: Final = 50
"""Of a shard: 2.3 MB, what one look at a station reads at most."""


class Shard(Group):
    """A file of some stations; unknown fields are ignored.

    Attributes:
        version: the sha256 of its bytes.
        stations: the ids of its stations, in its order.
    """

    model_config = ConfigDict(extra="ignore")

    version: str = Field(pattern=SHA256)
    stations: tuple[str, ...] = Field(min_length=1)


class ShardManifest(Group):
    """The shards of a snapshot, and what is true of all of them; unknown fields are ignored.

    Attributes:
        shards: in the order of the stations.
        issued_at: the newest issue time of the stations.
        model: the version of the model.
        source: the weather source.
        replay: whether it replays the past.
    """

    model_config = ConfigDict(extra="ignore")

    format: Literal[1] = 1
    shards: tuple[Shard, ...] = Field(min_length=1, max_length=10_000)
    issued_at: AwareDatetime
    model: str
    source: str
    replay: bool

    @classmethod
    def parse(cls, content: bytes) -> "ShardManifest":
        """The manifest that `to_bytes` wrote.

        Raises:
            StoreError: it is something else.
        """
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            reason = error.errors()[0]["msg"]
            raise StoreError(f"the manifest of a snapshot's shards is broken: {reason}.") from error

    def to_bytes(self) -> bytes:
        """The manifest as JSON, a line a shard."""
        common = self.model_dump_json(exclude={"shards"})
        lines = ",\n".join(shard.model_dump_json() for shard in self.shards)
        return f'{common[:-1]},"shards":[\n{lines}\n]}}\n'.encode()
