"""A graph shows itself in a notebook."""

import html.parser
import re
import time

import headrace as tf
from headrace._src.graph_view import html as view
from headrace._src.graph_view.items import Item

# Elements without an end tag.
VOID = {"meta", "br"}


class Checker(html.parser.HTMLParser):
    """Collects what a page holds; fails at tags that do not nest."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.texts = [], [], []
        self.attributes = {}
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.update(attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def test_graph_in_a_notebook():
    """Scopes can be opened and closed; nodes show op type, shape and inputs; nothing is fetched."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        with tf.name_scope("layer"), tf.name_scope("inner"):
            tf.matmul(x, tf.ones([3, 2]), name="product")
    text = graph._repr_html_()
    page = Checker(text)
    assert page.tags.count("details") == 3 and page.tags.count("summary") == 3
    shown = "".join(page.texts)
    for part in ("3 nodes", "layer/", "inner/", "product MatMul float32 [?,2]", "float32 [?,3]"):
        assert part in shown, part
    assert "← x, layer/inner/ones" in shown
    assert not {"script", "img", "link", "iframe"} & set(page.tags)
    assert "http" not in text and "url(" not in text and "@import" not in text


def test_names_are_escaped():
    """Names from a hostile file are text, whatever they hold."""
    bad = "<script>alert(1)</script>\"'&"
    items = [Item(f"{bad}/{bad}", bad, (bad,), bad, bad)]
    for text in (view.part(items, bad), view.page(items, bad)):
        page = Checker(text)
        assert "script" not in page.tags and "<script" not in text
        assert page.attributes["title"] == bad


def test_large_graphs():
    """20,000 nodes give a page that is bounded, soon, however they are named."""
    for name in (
        lambda i: f"node_{i}",
        lambda i: f"a{i}/b/c",
        lambda i: f"scope/{i % 100}/{i % 7}/node_{i}",
        lambda i: "/".join(["deep"] * (i % 300)) + f"/x{i}",
        lambda i: "n" * 2000 + str(i),
    ):
        items = [Item(name(i), "Identity", ("x",) * 50, "", "float32 []") for i in range(20_000)]
        start = time.process_time()
        text = view.part(items)
        assert time.process_time() - start < 3
        assert len(text) < 1_500_000
        Checker(text)
        assert "20000 nodes" in text


def test_everything_is_in_a_page():
    """A page of its own leaves nothing out."""
    items = [Item(f"s{i % 3000}/n{i}", "Identity", (), "", "") for i in range(9000)]
    text = view.page(items, "all")
    assert set(re.findall(r">n(\d+) <", text)) == {str(i) for i in range(9000)}
    assert "more nodes" not in text and "not written out" not in text
