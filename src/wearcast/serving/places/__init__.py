"""Places that an operator adds to those of params.yaml, though no model was trained there.

`registry` keeps them in a folder beside the refresh's history. `addition` fetches, fits and checks
one, with what `numerical_archive` has of it; `coordinates` says what is where. `fitted_places` are
what a refresh forecasts with, fitted anew with the `newer_hours` where the model is another one,
and `place_facts` what everybody is told of one. What people ask for through the API are
`place_requests`, which a refresh carries out (`carried_out`).
"""

__all__ = [
    "addition",
    "carried_out",
    "coordinates",
    "fitted_places",
    "newer_hours",
    "numerical_archive",
    "place_facts",
    "place_requests",
    "registry",
    "request_states",
]
