"""Summary ops: values for TensorBoard, as serialized Summary messages."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dtypes, errors
from headrace._src.core import graph as graph_lib
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.core.tensor_proto import ListedArray, array_to_proto, shape_to_proto
from headrace._src.ops import _shapes, _summary_values

# -- names, scopes and messages --------------------------------------------------------------------

# The order in which 1.15 lists these types in its errors.
_REAL: Final = (
    dtypes.float32, dtypes.float64, dtypes.int32, dtypes.uint8, dtypes.int16, dtypes.int8,
    dtypes.int64, dtypes.bfloat16, dtypes.uint16, dtypes.float16, dtypes.uint32, dtypes.uint64,
)  # fmt: skip
_ILLEGAL: Final = re.compile(r"[^-/\w\.]")


def clean_tag(name: str | None) -> str | None:
    """Returns `name` with characters that node names forbid replaced by underscores."""
    if name is None:
        return None
    cleaned = _ILLEGAL.sub("_", name).lstrip("/")
    if cleaned != name:
        logging.getLogger("tensorflow").info(
            "Summary name %s is illegal; using %s instead.", name, cleaned
        )
    return cleaned


@contextlib.contextmanager
def summary_scope(
    name: str | None, family: str | None = None, default_name: str | None = None, values: Any = None
) -> Iterator[tuple[str, str]]:
    """Opens the name scope of a summary.

    Args:
      name: The name of the summary.
      family: A prefix of the tag and of the scope, or None.
      default_name: The name to use when `name` is None.
      values: The tensors of the summary.

    Yields:
      The tag, which is unique in the graph, and the scope to name the node after.
    """
    cleaned, family = clean_tag(name), clean_tag(family)
    base = cleaned if family is None else f"{family}/{cleaned}"
    with name_scope(base, default_name, values) as scope:
        tag = scope.rstrip("/")
        yield (tag if family is None else f"{family}/{tag}"), scope


def collect(value: Any, collections: Sequence[Any] | None, default: Sequence[Any]) -> None:
    """Adds `value` to the collections, or to the default ones when None are named."""
    graph = graph_lib.get_default_graph()
    for key in default if collections is None else collections:
        graph.add_to_collection(key, value)


def _new_summary() -> Any:
    from headrace._src.proto import messages

    return messages.Summary()


def _serialized(summary: Any) -> np.ndarray[Any, Any]:
    return np.array(summary.SerializeToString(), dtype=object)


def _invalid(message: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, message)


def _shape_text(shape: Sequence[int]) -> str:
    return "[" + ",".join(map(str, shape)) + "]"


def _scalar_text(value: Any, message: str) -> str:
    array = np.asarray(value, dtype=object)
    if array.ndim:
        raise _invalid(message)
    text = array.item()
    return text if isinstance(text, str) else text.decode("utf-8", "replace")


# -- ScalarSummary --------------------------------------------------------------------------------
ScalarSummary = op(
    "ScalarSummary",
    "tags: string, values: T -> summary: string",
    T=_REAL,
    shape=_shapes.scalar,
    host_only=True,
)
ScalarSummary.no_gradient("a summary is not differentiable")


@ScalarSummary.kernel
def _kernel_scalar_summary(k, tags, values):
    tags, values = np.asarray(tags, dtype=object), np.asarray(values)
    if tags.shape != values.shape:
        single = f" (tag '{tags.reshape(-1)[0].decode()}')" if tags.size == 1 else ""
        raise _invalid(
            f"tags and values not the same shape: {_shape_text(tags.shape)} != "
            f"{_shape_text(values.shape)}{single}"
        )
    summary = _new_summary()
    with np.errstate(over="ignore"):
        numbers = values.astype(np.float32).reshape(-1).tolist()
    for tag, number in zip(tags.reshape(-1).tolist(), numbers, strict=True):
        summary.value.add(tag=tag, simple_value=number)
    return _serialized(summary)


@export("summary.scalar", v2=())
def scalar(name: str, tensor: Any, collections: Any = None, family: str | None = None) -> Tensor:
    """Summarize one number.

    Args:
      name: Name of the node, and of the series in TensorBoard.
      tensor: The number [], of a real type.
      collections: Keys of the collections to add the summary to; `[GraphKeys.SUMMARIES]` by
        default.
      family: Prefix of the tag, by which TensorBoard groups series.

    Returns:
      The serialized `Summary` [], string.

    Raises:
      TypeError: (build) `tensor` is not of a real type.
      InvalidArgumentError: (run) `tensor` is not a scalar.
    """
    with summary_scope(name, family, values=[tensor]) as (tag, scope):
        value: Tensor = ScalarSummary(tag, tensor, name=scope)
        collect(value, collections, [GraphKeys.SUMMARIES])
    return value


# -- HistogramSummary -----------------------------------------------------------------------------
HistogramSummary = op(
    "HistogramSummary",
    "tag: string, values: T -> summary: string",
    T=A.dtype(_REAL, default=dtypes.float32),
    shape=_shapes.scalar,
    host_only=True,
)
HistogramSummary.no_gradient("a summary is not differentiable")


@HistogramSummary.kernel
def _kernel_histogram_summary(k, tag, values):
    text = _scalar_text(tag, "tags must be scalar")
    numbers = np.asarray(values).reshape(-1)
    histogram = _summary_values.count(numbers)
    if histogram is None:
        bad = numbers[~np.isfinite(numbers)]
        kind = "Nan" if np.isnan(bad[0]) else "Infinity"
        raise _invalid(f"{kind} in summary histogram for: {text}")
    summary = _new_summary()
    _summary_values.fill_histogram(summary.value.add(tag=text).histo, histogram)
    return _serialized(summary)


@export("summary.histogram", v2=())
def histogram(name: str, values: Any, collections: Any = None, family: str | None = None) -> Tensor:
    """Summarize the distribution of numbers.

    Args:
      name: Name of the node, and of the series in TensorBoard.
      values: The numbers [any shape], of a real type.
      collections: Keys of the collections to add the summary to; `[GraphKeys.SUMMARIES]` by
        default.
      family: Prefix of the tag, by which TensorBoard groups series.

    Returns:
      The serialized `Summary` [], string.

    Raises:
      TypeError: (build) `values` is not of a real type.
      InvalidArgumentError: (run) a value is not finite.
    """
    with summary_scope(name, family, "HistogramSummary", [values]) as (tag, scope):
        value: Tensor = HistogramSummary(tag, values, name=scope)
        collect(value, collections, [GraphKeys.SUMMARIES])
    return value


# -- ImageSummary ---------------------------------------------------------------------------------
ImageSummary = op(
    "ImageSummary",
    "tag: string, tensor: T -> summary: string",
    kernel_ignores=("T",),
    max_images=A.integer(default=3, minimum=1),
    T=A.dtype(
        (dtypes.uint8, dtypes.float32, dtypes.float16, dtypes.float64), default=dtypes.float32
    ),
    bad_color=A.tensor(default=np.array([255, 0, 0, 255], np.uint8).view(ListedArray)),
    shape=_shapes.scalar,
    host_only=True,
)
ImageSummary.no_gradient("a summary is not differentiable")


@ImageSummary.kernel
def _kernel_image_summary(k, tag, tensor, *, max_images, bad_color):
    text = _scalar_text(tag, "Tags must be a scalar")
    tensor = np.asarray(tensor)
    if tensor.ndim != 4 or tensor.shape[-1] not in (1, 3, 4):
        raise _invalid(
            f"Tensor must be 4-D with last dim 1, 3, or 4, not {_shape_text(tensor.shape)}"
        )
    if 0 in tensor.shape[1:3]:
        shape = ", ".join(map(str, tensor.shape))
        raise _invalid(f"input tensor must have non-zero dims. Found: [{shape}].")
    summary = _new_summary()
    for i, image in enumerate(tensor[:max_images]):
        if image.dtype != np.uint8:
            image = _summary_values.to_pixels(image, np.asarray(bad_color))
        value = summary.value.add(tag=f"{text}/image" if max_images == 1 else f"{text}/image/{i}")
        value.image.height, value.image.width, value.image.colorspace = image.shape
        value.image.encoded_image_string = _summary_values.encode_png(image)
    return _serialized(summary)


@export("summary.image", v2=())
def image(
    name: str,
    tensor: Any,
    max_outputs: int = 3,
    collections: Any = None,
    family: str | None = None,
) -> Tensor:
    """Summarize images.

    Floating-point images are scaled one by one: to have the greatest value at 255, or, if there
    are negative ones, to have 0 at 128 and the greatest magnitude 127 away from it.

    Args:
      name: Name of the node; the tags are `name/image/0`, `name/image/1`, ..., or `name/image` when
        `max_outputs` is 1.
      tensor: Images [batch, height, width, 1, 3 or 4 channels], uint8 or floating-point.
      max_outputs: Number of images of the batch to keep.
      collections: Keys of the collections to add the summary to; `[GraphKeys.SUMMARIES]` by
        default.
      family: Prefix of the tag, by which TensorBoard groups series.

    Returns:
      The serialized `Summary` [], string.

    Raises:
      TypeError: (build) `tensor` is of another type.
      InvalidArgumentError: (run) `tensor` is of another shape.
    """
    with summary_scope(name, family, values=[tensor]) as (tag, scope):
        value: Tensor = ImageSummary(tag, tensor, max_images=max_outputs, name=scope)
        collect(value, collections, [GraphKeys.SUMMARIES])
    return value


# -- AudioSummaryV2 -------------------------------------------------------------------------------
AudioSummaryV2 = op(
    "AudioSummaryV2",
    "tag: string, tensor: float, sample_rate: float -> summary: string",
    max_outputs=A.integer(default=3, minimum=1),
    shape=_shapes.scalar,
    host_only=True,
)
AudioSummaryV2.no_gradient("a summary is not differentiable")


@AudioSummaryV2.kernel
def _kernel_audio_summary(k, tag, tensor, sample_rate, *, max_outputs):
    text = _scalar_text(tag, "Tag must be a scalar")
    tensor = np.asarray(tensor)
    if tensor.ndim not in (2, 3):
        raise _invalid(f"Tensor must be 3-D or 2-D, got: {_shape_text(tensor.shape)}")
    rate = float(np.asarray(sample_rate).reshape(-1)[0])
    if rate <= 0:
        raise _invalid("sample_rate must be > 0")
    clips = tensor if tensor.ndim == 3 else tensor[..., None]
    if clips.shape[0] and 0 in clips.shape[1:]:
        raise _invalid("audio is null")
    summary = _new_summary()
    for i, frames in enumerate(clips[:max_outputs]):
        value = summary.value.add(tag=f"{text}/audio" if max_outputs == 1 else f"{text}/audio/{i}")
        value.audio.sample_rate = rate
        value.audio.length_frames, value.audio.num_channels = frames.shape
        value.audio.content_type = "audio/wav"
        value.audio.encoded_audio_string = _summary_values.encode_wav(frames, rate)
    return _serialized(summary)


@export("summary.audio", v2=())
def audio(
    name: str,
    tensor: Any,
    sample_rate: Any,
    max_outputs: int = 3,
    collections: Any = None,
    family: str | None = None,
) -> Tensor:
    """Summarize sound, kept as 16-bit WAV.

    Args:
      name: Name of the node; the tags are `name/audio/0`, `name/audio/1`, ..., or `name/audio` when
        `max_outputs` is 1.
      tensor: Samples between -1 and 1 [batch, frames, channels] or [batch, frames], float32.
      sample_rate: Samples a second [], float32.
      max_outputs: Number of clips of the batch to keep.
      collections: Keys of the collections to add the summary to; `[GraphKeys.SUMMARIES]` by
        default.
      family: Prefix of the tag, by which TensorBoard groups series.

    Returns:
      The serialized `Summary` [], string.

    Raises:
      InvalidArgumentError: (run) `tensor` is of another shape, or the rate is not positive.
    """
    with summary_scope(name, family, values=[tensor]) as (tag, scope):
        rate = convert_to_tensor(sample_rate, dtype=dtypes.float32, name="sample_rate")
        value: Tensor = AudioSummaryV2(tag, tensor, rate, max_outputs=max_outputs, name=scope)
        collect(value, collections, [GraphKeys.SUMMARIES])
    return value


# -- TensorSummaryV2 ------------------------------------------------------------------------------
TensorSummaryV2 = op(
    "TensorSummaryV2",
    "tag: string, tensor: T, serialized_summary_metadata: string -> summary: string",
    T=G.ANY,
    shape=_shapes.scalar,
    host_only=True,
)
TensorSummaryV2.no_gradient("a summary is not differentiable")


@TensorSummaryV2.kernel
def _kernel_tensor_summary(k, tag, tensor, serialized_summary_metadata):
    text = _scalar_text(tag, "tag must be scalar")
    metadata = np.asarray(serialized_summary_metadata, dtype=object)
    if metadata.ndim:
        raise _invalid("serialized_summary_metadata must be scalar")
    summary = _new_summary()
    value = summary.value.add(tag=text)
    tensor = np.asarray(tensor)
    if tensor.dtype == object:
        # Strings written one by one, even where all are the same.
        value.tensor.CopyFrom(array_to_proto(np.array(tensor)))
    else:
        value.tensor.dtype = dtypes.as_dtype(tensor.dtype).as_datatype_enum
        value.tensor.tensor_shape.CopyFrom(shape_to_proto(tensor.shape))
        value.tensor.tensor_content = tensor.tobytes()
    value.metadata.SetInParent()
    value.metadata.MergeFromString(metadata.item())
    return _serialized(summary)


@export("summary.tensor_summary", v2=())
def tensor_summary(
    name: str,
    tensor: Any,
    summary_description: str | None = None,
    collections: Any = None,
    summary_metadata: Any = None,
    family: str | None = None,
    display_name: str | None = None,
) -> Tensor:
    """Summarize a whole tensor.

    Args:
      name: Name of the node, and of the series in TensorBoard.
      tensor: The tensor [any shape], any type.
      summary_description: Text that describes the series.
      collections: Keys of the collections to add the summary to; `[GraphKeys.SUMMARIES]` by
        default.
      summary_metadata: A `SummaryMetadata` that says which plugins show the tensor.
      family: Prefix of the tag, by which TensorBoard groups series.
      display_name: Name that TensorBoard shows instead of the tag.

    Returns:
      The serialized `Summary` [], string.
    """
    from headrace._src.proto import messages

    if summary_metadata is None:
        summary_metadata = messages.SummaryMetadata()
    if summary_description is not None:
        summary_metadata.summary_description = summary_description
    if display_name is not None:
        summary_metadata.display_name = display_name
    serialized = summary_metadata.SerializeToString()
    with summary_scope(name, family, values=[tensor]) as (tag, scope):
        value: Tensor = TensorSummaryV2(tag, tensor, serialized, name=scope)
        collect(value, collections, [GraphKeys.SUMMARIES])
    return value


@export("summary.text", v2=())
def text(name: str, tensor: Tensor, collections: Any = None) -> Tensor:
    """Summarize text, which TensorBoard shows as Markdown.

    Args:
      name: Name of the node, and of the series in TensorBoard.
      tensor: The text [any shape], string.
      collections: Keys of the collections to add the summary to; `[GraphKeys.SUMMARIES]` by
        default.

    Returns:
      The serialized `Summary` [], string.

    Raises:
      ValueError: (build) `tensor` is not of strings.
    """
    from headrace._src.proto import messages

    if tensor.dtype != dtypes.string:
        raise ValueError(f"Expected tensor {tensor.name} to have dtype string, got {tensor.dtype}")
    metadata = messages.SummaryMetadata(
        plugin_data=messages.SummaryMetadata.PluginData(plugin_name="text")
    )
    return tensor_summary(
        name=name, tensor=tensor, summary_metadata=metadata, collections=collections
    )


# -- MergeSummary ---------------------------------------------------------------------------------
MergeSummary = op(
    "MergeSummary",
    "inputs: N * string -> summary: string",
    N=A.integer(minimum=1),
    shape=_shapes.scalar,
    host_only=True,
)
MergeSummary.no_gradient("a summary is not differentiable")


@MergeSummary.kernel
def _kernel_merge_summary(k, inputs):
    from google.protobuf.message import DecodeError

    merged = _new_summary()
    tags: set[str] = set()
    for data in [item for value in inputs for item in np.asarray(value, object).reshape(-1)]:
        part = _new_summary()
        try:
            part.ParseFromString(data)
        except DecodeError:
            raise _invalid("Could not parse one of the summary inputs") from None
        for value in part.value:
            if value.tag and value.tag in tags:
                raise _invalid(f"Duplicate tag {value.tag} found in summary inputs")
            tags.add(value.tag)
        merged.MergeFrom(part)
    return _serialized(merged)


def _check_graph() -> None:
    if graph_lib.get_default_graph().executes:
        raise RuntimeError(
            "Merging tf.summary.* ops is not compatible with eager execution. Use "
            "tf.contrib.summary instead."
        )


@export("summary.merge", v2=())
def merge(inputs: Any, collections: Any = None, name: str | None = None) -> Tensor:
    """Merge summaries into one.

    Args:
      inputs: Serialized `Summary` messages, a list of tensors [any shape], string.
      collections: Keys of the collections to add the result to; none by default.
      name: Name of the node.

    Returns:
      The serialized `Summary` [], string, with the values of all.

    Raises:
      RuntimeError: in eager execution.
      ValueError: (build) `inputs` is empty.
      InvalidArgumentError: (run) two values have the same tag.
    """
    _check_graph()
    name = clean_tag(name)
    with name_scope(name, "Merge", inputs):
        value: Tensor = MergeSummary(inputs, name=name)
        collect(value, collections, [])
    return value


@export("summary.merge_all", v2=())
def merge_all(
    key: Any = GraphKeys.SUMMARIES, scope: str | None = None, name: str | None = None
) -> Tensor | None:
    """Merge all summaries of a collection of the default graph.

    Args:
      key: The collection.
      scope: A regular expression that the names of the summaries must match from their start.
      name: Name of the node.

    Returns:
      The serialized `Summary` [], string, or None if there are no summaries.

    Raises:
      RuntimeError: in eager execution.
    """
    _check_graph()
    found = graph_lib.get_collection(key, scope=scope)
    return merge(found, name=name) if found else None


@export("summary.get_summary_description", v2=())
def get_summary_description(node_def: Any) -> Any:
    """Read the description of a `TensorSummary` node.

    Args:
      node_def: The `NodeDef` of a `TensorSummary` operation.

    Returns:
      A `SummaryDescription`.

    Raises:
      ValueError: The node is of another type.
    """
    from google.protobuf import json_format

    from headrace._src.proto import messages

    if node_def.op != "TensorSummary":
        raise ValueError(f"Can't get_summary_description on {node_def.op}")
    description = messages.SummaryDescription()
    json_format.Parse(node_def.attr["description"].s.decode("utf-8"), description)
    return description
