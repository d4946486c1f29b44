"""tf.contrib.deprecated: summaries whose tags are tensors, as before `tf.summary`."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core import graph as graph_lib
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import summary as summary_ops
from headrace._src.ops.summary import collect

_DEFAULT = (GraphKeys.SUMMARIES,)


@export("contrib.deprecated.scalar_summary", v2=())
def scalar_summary(
    tags: Any, values: Any, collections: Any = None, name: str | None = None
) -> Tensor:
    """Summarize numbers.

    Args:
      tags: The tag of each number, string; of the shape of `values`.
      values: The numbers, any real type.
      collections: Keys of the collections to add the summary to; `[GraphKeys.SUMMARIES]` by
        default.
      name: Name of the node.

    Returns:
      The serialized `Summary` [], string.
    """
    with name_scope(name, "ScalarSummary", [tags, values]) as scope:
        value: Tensor = summary_ops.ScalarSummary(tags, values, name=scope)
        collect(value, collections, _DEFAULT)
    return value


@export("contrib.deprecated.histogram_summary", v2=())
def histogram_summary(
    tag: Any, values: Any, collections: Any = None, name: str | None = None
) -> Tensor:
    """Summarize the distribution of numbers.

    Args:
      tag: The tag [], string.
      values: The numbers [any shape], any real type.
      collections: Keys of the collections to add the summary to; `[GraphKeys.SUMMARIES]` by
        default.
      name: Name of the node.

    Returns:
      The serialized `Summary` [], string.
    """
    with name_scope(name, "HistogramSummary", [tag, values]) as scope:
        value: Tensor = summary_ops.HistogramSummary(tag, values, name=scope)
        collect(value, collections, _DEFAULT)
    return value


@export("contrib.deprecated.image_summary", v2=())
def image_summary(
    tag: Any,
    tensor: Any,
    max_images: int = 3,
    collections: Any = None,
    name: str | None = None,
) -> Tensor:
    """Summarize images.

    Args:
      tag: The tag [], string; images get `/image`, or `/image/0`, `/image/1`, ... behind it.
      tensor: Images [batch, height, width, 1, 3 or 4 channels], uint8 or floating-point.
      max_images: Number of images of the batch to keep.
      collections: Keys of the collections to add the summary to; `[GraphKeys.SUMMARIES]` by
        default.
      name: Name of the node.

    Returns:
      The serialized `Summary` [], string.
    """
    with name_scope(name, "ImageSummary", [tag, tensor]) as scope:
        value: Tensor = summary_ops.ImageSummary(tag, tensor, max_images=max_images, name=scope)
        collect(value, collections, _DEFAULT)
    return value


@export("contrib.deprecated.audio_summary", v2=())
def audio_summary(
    tag: Any,
    tensor: Any,
    sample_rate: Any,
    max_outputs: int = 3,
    collections: Any = None,
    name: str | None = None,
) -> Tensor:
    """Summarize sound.

    Args:
      tag: The tag [], string; clips get `/audio`, or `/audio/0`, `/audio/1`, ... behind it.
      tensor: Samples between -1 and 1 [batch, frames, channels] or [batch, frames], float32.
      sample_rate: Samples a second [], float32.
      max_outputs: Number of clips of the batch to keep.
      collections: Keys of the collections to add the summary to; `[GraphKeys.SUMMARIES]` by
        default.
      name: Name of the node.

    Returns:
      The serialized `Summary` [], string.
    """
    with name_scope(name, "AudioSummary", [tag, tensor]) as scope:
        rate = convert_to_tensor(sample_rate, dtype=dtypes.float32, name="sample_rate")
        value: Tensor = summary_ops.AudioSummaryV2(
            tag, tensor, rate, max_outputs=max_outputs, name=scope
        )
        collect(value, collections, _DEFAULT)
    return value


@export("contrib.deprecated.merge_summary", v2=())
def merge_summary(inputs: Any, collections: Any = None, name: str | None = None) -> Tensor:
    """Merge summaries.

    Args:
      inputs: Serialized summaries, a list of string tensors.
      collections: Keys of the collections to add the summary to; none by default.
      name: Name of the node.

    Returns:
      The serialized `Summary` [], string.
    """
    with name_scope(name, "MergeSummary", inputs):
        value: Tensor = summary_ops.MergeSummary(inputs, name=name)
        collect(value, collections, ())
    return value


@export("contrib.deprecated.merge_all_summaries", v2=())
def merge_all_summaries(key: Any = GraphKeys.SUMMARIES) -> Tensor | None:
    """Merge the summaries of a collection.

    Args:
      key: The key of the collection.

    Returns:
      The serialized `Summary` [], string; None when the collection is empty.
    """
    found = graph_lib.get_collection(key)
    return merge_summary(found) if found else None
