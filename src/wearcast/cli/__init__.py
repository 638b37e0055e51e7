"""`wearcast …`: the commands, and what they print. They stand above all rooms and may use any."""
