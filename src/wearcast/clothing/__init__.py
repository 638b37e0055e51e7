"""From weather to what to wear, why, what to carry, and how sure that is.

`advice` is the only place where advice is computed: the weather's demands (`required_insulation`),
dressed from a ladder of outfits (`ladders`), for a person's `settings` on a `target_day`.
`wording` puts it into words. `evaluation` judges it on past days.
"""

__all__ = [
    "advice",
    "bands",
    "evaluation",
    "hindcast_cases",
    "ladders",
    "own_wardrobe",
    "settings",
    "sun",
    "target_day",
    "timeline",
    "wardrobe",
    "wording",
]
