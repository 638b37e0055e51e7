"""How far ahead the models and snapshots of the tests reach, where a test says nothing else: the
default."""

from wearcast.config import Train

HORIZON_H: int = Train.model_fields["horizon_h"].default
