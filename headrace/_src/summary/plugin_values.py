"""`tf.compat.v2.summary.scalar` and its kin: tensors with the plugin that shows them."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.scopes import name_scope
from headrace._src.function.map_fn import map_fn
from headrace._src.ops import audio as audio_ops
from headrace._src.ops import image_color as image_ops
from headrace._src.ops import image_encode
from headrace._src.ops._late import late
from headrace._src.summary.writers import summary_scope, write


def _metadata(plugin: str, description: str | None, content: bytes = b"") -> Any:
    from headrace._src.proto import messages

    made = messages.SummaryMetadata(summary_description=description or "")
    made.plugin_data.plugin_name = plugin
    made.plugin_data.content = content
    return made


@export(v2=("summary.scalar",))
def scalar(name: str, data: Any, step: Any = None, description: str | None = None) -> Any:
    """Write a number.

    Args:
      name: name of the series.
      data: a scalar of a real dtype.
      step: the step, int64; that of `set_step` by default.
      description: what the series is, in Markdown.

    Returns:
      A bool scalar tensor: whether it was written.

    Raises:
      ValueError: `data` is no scalar, or there is no step.
    """
    with summary_scope(name, "scalar_summary", [data, step]) as (tag, _):
        late.assert_scalar(data)
        value = late.cast(data, dtypes.float32)
        return write(tag, value, step=step, metadata=_metadata("scalars", description))


@export(v2=("summary.histogram",))
def histogram(
    name: str, data: Any, step: Any = None, buckets: Any = None, description: str | None = None
) -> Any:
    """Write the distribution of numbers.

    Args:
      name: name of the series.
      data: numbers of any shape, of a dtype that casts to float64.
      step: the step, int64; that of `set_step` by default.
      buckets: how many buckets of equal width; 30 by default.
      description: what the series is, in Markdown.

    Returns:
      A bool scalar tensor: whether it was written.

    Raises:
      ValueError: there is no step.
    """
    with summary_scope(name, "histogram_summary", [data, buckets, step]) as (tag, _):
        counted = _buckets(data, 30 if buckets is None else buckets)
        return write(tag, counted, step=step, metadata=_metadata("histograms", description))


def _buckets(data: Any, count: Any) -> Any:
    """Rows of left edge, right edge and how many numbers lie between, float64 [count, 3]."""
    with name_scope("buckets"):
        late.assert_scalar(count)
        late.assert_type(count, dtypes.int32)
        data = late.cast(late.reshape(data, [-1]), dtypes.float64)
        is_empty = late.equal(late.size(data), 0)

        def spread(low: Any, high: Any, extent: Any) -> Any:
            width = extent / late.cast(count, dtypes.float64)
            offsets = data - low
            at = late.cast(late.floor(offsets / width), dtypes.int32)
            ones = late.one_hot(late.minimum(at, count - 1), depth=count)
            counts = late.cast(late.reduce_sum(ones, axis=0), dtypes.float64)
            edges = late.linspace(low, high, count + 1)
            edges = late.concat([edges[:-1], [high]], 0)
            return late.transpose(late.stack([edges[:-1], edges[1:], counts]))

        def single(low: Any) -> Any:
            starts, ends = late.stack([low - 0.5]), late.stack([low + 0.5])
            counts = late.stack([late.cast(late.size(data), dtypes.float64)])
            return late.transpose(late.stack([starts, ends, counts]))

        def some() -> Any:
            low, high = late.reduce_min(data), late.reduce_max(data)
            extent = high - low
            return late.cond(
                late.equal(extent, 0), lambda: single(low), lambda: spread(low, high, extent)
            )

        return late.cond(
            is_empty, lambda: late.constant([], shape=(0, 3), dtype=dtypes.float64), some
        )


@export(v2=("summary.text",))
def text(name: str, data: Any, step: Any = None, description: str | None = None) -> Any:
    """Write text, which TensorBoard shows as Markdown.

    Args:
      name: name of the series.
      data: strings of any shape.
      step: the step, int64; that of `set_step` by default.
      description: what the series is, in Markdown.

    Returns:
      A bool scalar tensor: whether it was written.

    Raises:
      TypeError: `data` is no string.
      ValueError: there is no step.
    """
    with summary_scope(name, "text_summary", [data, step]) as (tag, _):
        late.assert_type(data, dtypes.string)
        return write(tag, data, step=step, metadata=_metadata("text", description))


@export(v2=("summary.image",))
def image(
    name: str,
    data: Any,
    step: Any = None,
    max_outputs: Any = 3,
    description: str | None = None,
) -> Any:
    """Write images, as PNG files.

    Args:
      name: name of the series.
      data: images [batch, height, width, 1 to 4 channels]; floating-point ones from 0 to 1.
      step: the step, int64; that of `set_step` by default.
      max_outputs: how many images of the batch are written.
      description: what the series is, in Markdown.

    Returns:
      A bool scalar tensor: whether they were written.

    Raises:
      ValueError: `data` has another rank, or there is no step.
    """
    with summary_scope(name, "image_summary", [data, max_outputs, step]) as (tag, _):
        late.assert_rank(data, 4)
        late.assert_non_negative(max_outputs)
        images = image_ops.convert_image_dtype(data, dtypes.uint8, saturate=True)
        files = map_fn(
            image_encode.encode_png,
            images[:max_outputs],
            dtype=dtypes.string,
            name="encode_each_image",
        )
        files = late.cond(
            late.shape(files)[0] > 0, lambda: files, lambda: late.constant([], dtypes.string)
        )
        shape = late.shape(images)
        sizes = [late.as_string(shape[2], name="width"), late.as_string(shape[1], name="height")]
        tensor = late.concat([late.stack(sizes, name="dimensions"), files], axis=0)
        return write(tag, tensor, step=step, metadata=_metadata("images", description))


# What the plugin calls WAV files.
_WAV = b"\x10\x0b"


@export(v2=("summary.audio",))
def audio(
    name: str,
    data: Any,
    sample_rate: Any,
    step: Any = None,
    max_outputs: Any = 3,
    encoding: str | None = None,
    description: str | None = None,
) -> Any:
    """Write sound, as WAV files.

    Args:
      name: name of the series.
      data: samples [clips, frames, channels] between -1 and 1, float32.
      sample_rate: frames a second, an int32 scalar.
      step: the step, int64; that of `set_step` by default.
      max_outputs: how many clips are written.
      encoding: "wav" or None.
      description: what the series is, in Markdown.

    Returns:
      A bool scalar tensor: whether they were written.

    Raises:
      ValueError: another encoding, `data` has another rank, or there is no step.
    """
    if encoding not in (None, "wav"):
        raise ValueError(f"Unknown encoding: {encoding!r}")

    def encode(clip: Any) -> Any:
        return audio_ops.encode_wav(clip, sample_rate=sample_rate)

    with summary_scope(name, "audio_summary", [data, sample_rate, max_outputs, step]) as (tag, _):
        late.assert_rank(data, 3)
        late.assert_non_negative(max_outputs)
        clips = data[:max_outputs]
        files = map_fn(encode, clips, dtype=dtypes.string, name="encode_each_audio")
        files = late.cond(
            late.shape(files)[0] > 0, lambda: files, lambda: late.constant([], dtypes.string)
        )
        # Each clip has a label, which is empty.
        labels = late.tile([""], late.shape(clips)[:1])
        tensor = late.transpose(late.stack([files, labels]))
        return write(tag, tensor, step=step, metadata=_metadata("audio", description, _WAV))
