"""A wardrobe of one's own, as requests bring it."""

MINE = {
    "own": ["tshirt", "jeans", "canvas_sneakers", "my_coat"],
    "garments": {
        "my_coat": {
            "name_en": "grandfather's coat",
            "name_ko": "할아버지 코트",
            "layer": "outer",
            "clo": 0.2,
            "wind": 2,
        }
    },
}
