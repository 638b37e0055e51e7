"""Reads a page's HTML without a browser."""

from html.parser import HTMLParser

VOID = {
    "br",
    "hr",
    "img",
    "input",
    "path",
    "rect",
    "circle",
    "line",
    "ellipse",
    "polyline",
    "polygon",
}


class Read(HTMLParser):
    """What a browser would make of it: the texts of elements by their data-value, ids, and whether
    tags are balanced."""

    def __init__(self, html):
        super().__init__()
        self.values, self.ids, self.texts, self._open = {}, [], [], []
        self.feed(html)
        assert not self._open

    def handle_starttag(self, name, attributes):
        found = dict(attributes)
        if "id" in found:
            self.ids.append(found["id"])
        if name not in VOID:
            self._open.append(
                (
                    name,
                    (found.get("data-value"), found.get("data-date") or found.get("data-at")),
                    [],
                )
            )

    def handle_startendtag(self, name, attributes):
        pass

    def handle_endtag(self, name):
        opened, key, texts = self._open.pop()
        assert opened == name
        self.values.setdefault(key, []).append("".join(texts))

    def handle_data(self, data):
        self.texts.append(data)
        for _, _, texts in self._open:
            texts.append(data)
