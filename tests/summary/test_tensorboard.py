"""TensorBoard itself, in a browser, shows what headrace writes.

It needs Chromium and the packages of the `dev` extra; without them it is skipped. With the name of
a file in `HEADRACE_SCREENSHOT` it also keeps a picture of the graph as that file.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

import headrace as tf

CHROMIUM = next(
    (path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path),
    None,
)
LACKING = [
    *(name for name in ("tensorboard", "playwright") if importlib.util.find_spec(name) is None),
    *([] if CHROMIUM else ["Chromium (apt-get install chromium)"]),
]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(LACKING), reason=f"not installed: {', '.join(LACKING)}"),
]
STEPS, TRACED = 10, 5
WAIT = 40_000


def write_logs(folder):
    """A training run: graph, scalars, histograms, images, text, and the profile of one step."""
    with tf.Graph().as_default() as graph, tf.Session() as session:
        tf.set_random_seed(1)
        x = tf.placeholder(tf.float32, [None, 4], name="features")
        with tf.variable_scope("dense"):
            kernel = tf.get_variable("kernel", [4, 3])
            bias = tf.get_variable("bias", [3], initializer=tf.zeros_initializer())
            y = tf.nn.relu(tf.matmul(x, kernel) + bias)
        loss = tf.reduce_mean(tf.square(y - 1.0), name="loss")
        train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
        board = np.indices((8, 8)).sum(0).reshape(1, 8, 8, 1) % 2 * 255
        tf.summary.scalar("training_loss", loss)
        tf.summary.histogram("kernel_values", kernel)
        tf.summary.image("board", tf.constant(board, tf.uint8), max_outputs=1)
        tf.summary.text("remark", tf.constant("written by *headrace*"))
        merged = tf.summary.merge_all()
        session.run(tf.global_variables_initializer())
        draw = np.random.RandomState(0)
        with tf.summary.FileWriter(folder, graph) as writer:
            for step in range(STEPS):
                traced = step == TRACED
                options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE) if traced else None
                metadata = tf.RunMetadata() if traced else None
                summary, _ = session.run(
                    [merged, train], {x: draw.randn(16, 4)}, options=options, run_metadata=metadata
                )
                writer.add_summary(summary, step)
                if traced:
                    writer.add_run_metadata(metadata, f"step_{step}", step)


@pytest.fixture
def board(tmp_path):
    """The address of a TensorBoard that serves the logs."""
    logs = str(tmp_path / "logs")
    write_logs(logs)
    command = ["-m", "tensorboard.main", "--logdir", logs, "--port", "0", "--host", "127.0.0.1"]
    said = tmp_path / "stderr"
    with open(said, "w") as stderr:
        server = subprocess.Popen([sys.executable, *command], stderr=stderr)
    try:
        yield _address(server, said)
    finally:
        server.terminate()
        server.wait(20)


def _address(server, said):
    for _ in range(300):
        found = re.search(r"TensorBoard \S+ at (http://[^\s]+:\d+/)", said.read_text())
        if found:
            return found[1]
        try:
            server.wait(0.2)
        except subprocess.TimeoutExpired:
            continue
        break
    raise AssertionError(f"TensorBoard did not start: {said.read_text()}")


@pytest.fixture
def page():
    """An empty page of a browser."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
            )
        except Error as reason:
            pytest.skip(f"Chromium does not start here: {reason.message[:300]}")
        made = browser.new_page(viewport={"width": 1100, "height": 700})
        made.set_default_timeout(WAIT)
        yield made
        browser.close()


def dashboard(page, board, name):
    """Opens a dashboard; what is in it can be searched through shadow roots."""
    page.goto(f"{board}#{name}s" if name != "text" else f"{board}#text")
    found = page.locator(f"tf-{name}-dashboard")
    found.wait_for()
    return found


def check_graph_and_profile(page, board):
    """The graph has its name scopes; the traced step colours them by the time they took."""
    found = dashboard(page, board, "graph")
    for scope in ("dense", "gradients", "features", "loss"):
        found.locator("text.nodelabel", has_text=scope).first.wait_for()
    controls = page.locator("tf-graph-controls")
    controls.locator("paper-dropdown-menu").nth(1).click()
    controls.locator("paper-item", has_text=f"step_{TRACED}").click()
    controls.locator("paper-radio-button", has_text="Compute time").click()
    controls.get_by_text("CPU:0").wait_for()
    controls.get_by_text(re.compile(r"^[1-9][\d.]* (µs|us|ms)$")).first.wait_for()
    colored = found.locator("g.node[data-name=gradients] .nodecolortarget").first
    assert colored.evaluate("e => getComputedStyle(e).fill").startswith("rgb")
    target = os.environ.get("HEADRACE_SCREENSHOT")
    if target:
        page.screenshot(path=target)


def check_scalars(page, board):
    """The chart of the loss has a line through all steps."""
    found = dashboard(page, board, "scalar")
    found.get_by_text("training_loss").first.wait_for()
    found.locator("vz-line-chart2 svg path").first.wait_for(state="attached")
    points = page.evaluate(
        "u => fetch(u).then(r => r.json())",
        f"{board}data/plugin/scalars/scalars?run=.&tag=training_loss",
    )
    assert [step for _, step, _ in points] == list(range(STEPS))
    assert points[-1][2] < points[0][2]


def check_distributions(page, board):
    """Areas between the percentiles of the weights."""
    found = dashboard(page, board, "distribution")
    found.get_by_text("kernel_values").first.wait_for()
    found.locator("vz-distribution-chart path.area").first.wait_for(state="attached")
    drawn = found.locator("path.area").evaluate_all("all => all.map(e => e.getAttribute('d'))")
    assert any(d and d.count(",") > STEPS for d in drawn)


def check_histograms(page, board):
    """One histogram for each step."""
    found = dashboard(page, board, "histogram")
    found.locator("vz-histogram-timeseries .histogram").nth(STEPS - 1).wait_for(state="attached")
    assert found.locator(".histogram").count() == STEPS


def check_images(page, board):
    """The image of 8 times 8 pixels is decoded by the browser."""
    found = dashboard(page, board, "image")
    picture = found.locator("tf-image-loader img").first
    picture.wait_for()
    size = picture.evaluate("e => e.decode().then(() => [e.naturalWidth, e.naturalHeight])")
    assert size == [8, 8]


def check_text(page, board):
    """The text, its markdown rendered."""
    found = dashboard(page, board, "text")
    emphasis = found.locator("em", has_text="headrace").first
    emphasis.wait_for()
    assert "written by headrace" in emphasis.locator("xpath=..").inner_text()


def test_dashboards(page, board):
    """Every dashboard shows its data."""
    check_graph_and_profile(page, board)
    check_scalars(page, board)
    check_distributions(page, board)
    check_histograms(page, board)
    check_images(page, board)
    check_text(page, board)
