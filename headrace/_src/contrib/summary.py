"""tf.contrib.summary: summaries that write themselves, in the form of TensorFlow 1."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import graph as graph_lib
from headrace._src.core import scopes
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.opspec import OpSpec
from headrace._src.ops import constant as constant_ops
from headrace._src.ops import identity as identity_ops
from headrace._src.ops import smart_cond
from headrace._src.ops import summary as summary_ops
from headrace._src.ops import summary_writers as write_ops
from headrace._src.ops._late import late
from headrace._src.platform import modes
from headrace._src.state import global_step as global_step_lib
from headrace._src.summary import writers
from headrace._src.summary.writers import STATE, chosen_step, nothing, record_if


@export("contrib.summary.should_record_summaries", v2=())
def should_record_summaries() -> Any:
    """Return whether summaries are recorded, a bool tensor; they are not by default."""
    return writers.should_record(False)


@export("contrib.summary.always_record_summaries", v2=())
def always_record_summaries() -> Any:
    """Record all summaries inside a `with` block."""
    return record_if(True)


@export("contrib.summary.never_record_summaries", v2=())
def never_record_summaries() -> Any:
    """Record no summaries inside a `with` block."""
    return record_if(False)


@export("contrib.summary.record_summaries_every_n_global_steps", v2=())
def record_summaries_every_n_global_steps(n: Any, global_step: Any = None) -> Any:
    """Record summaries inside a `with` block where the global step is a multiple of a number.

    Args:
      n: the number.
      global_step: the step; the global step by default.
    """
    if global_step is None:
        global_step = global_step_lib.get_or_create_global_step()
    with scopes.device("cpu:0"):

        def should() -> Any:
            return late.equal(global_step % n, 0)

        condition = should if modes.executing_eagerly() else should()
    return record_if(condition)


def _written(name: str, tensor: Any, function: Any, family: str | None) -> Any:
    """Writes where summaries are recorded; `function` gets the tag and the scope."""
    around = graph_lib.get_default_graph().get_name_scope()
    around += "/" if around else ""

    def record() -> Any:
        with (
            scopes.name_scope(around),
            summary_ops.summary_scope(name, family, values=[tensor]) as (tag, scope),
        ):
            wrote = function(tag, scope)
            with scopes.control_dependencies([] if wrote is None else [wrote]):
                return constant_ops.constant(True)

    if STATE.writer is None:
        return late.no_op()
    with scopes.device("cpu:0"):
        op = smart_cond.smart_cond(should_record_summaries(), record, nothing, name="")
        if not modes.executing_eagerly():
            graph_lib.get_default_graph().add_to_collection(GraphKeys._SUMMARY_COLLECTION, op)
    return op


def _written_by(
    spec: OpSpec, name: str, tensor: Any, family: str | None, step: Any, *more: Any, **attrs: Any
) -> Any:
    """Writes with an op that takes the writer, the step, the tag, the tensor, and `more`."""

    def function(tag: str, scope: str) -> Any:
        value = chosen_step(step), tag, identity_ops.identity(tensor)
        return spec.make(STATE.writer._resource, *value, *more, name=scope, **attrs)

    return _written(name, tensor, function, family)


@export("contrib.summary.generic", v2=())
def generic(
    name: str, tensor: Any, metadata: Any = None, family: str | None = None, step: Any = None
) -> Any:
    """Write a tensor.

    Args:
      name: name of the series.
      tensor: the tensor, any dtype and shape.
      metadata: a `SummaryMetadata` that says which plugin shows it, or its bytes as a tensor.
      family: prefix of the tag.
      step: the step, int64; the global step by default.

    Returns:
      A bool scalar tensor: whether it was written.
    """

    def function(tag: str, scope: str) -> Any:
        data = metadata
        if metadata is None:
            data = constant_ops.constant("")
        elif hasattr(metadata, "SerializeToString"):
            data = constant_ops.constant(metadata.SerializeToString())
        return write_ops.WriteSummary.make(
            STATE.writer._resource,
            chosen_step(step),
            identity_ops.identity(tensor),
            tag,
            data,
            name=scope,
        )

    return _written(name, tensor, function, family)


@export("contrib.summary.scalar", v2=())
def scalar(name: str, tensor: Any, family: str | None = None, step: Any = None) -> Any:
    """Write a number.

    Args:
      name: name of the series.
      tensor: a scalar of a real dtype.
      family: prefix of the tag.
      step: the step, int64; the global step by default.

    Returns:
      A bool scalar tensor: whether it was written.
    """

    spec = write_ops.WriteScalarSummary
    return _written_by(spec, name, tensor, family, step)


@export("contrib.summary.histogram", v2=())
def histogram(name: str, tensor: Any, family: str | None = None, step: Any = None) -> Any:
    """Write the distribution of numbers.

    Args:
      name: name of the series.
      tensor: numbers of a real dtype, any shape.
      family: prefix of the tag.
      step: the step, int64; the global step by default.

    Returns:
      A bool scalar tensor: whether it was written.
    """

    spec = write_ops.WriteHistogramSummary
    return _written_by(spec, name, tensor, family, step)


@export("contrib.summary.image", v2=())
def image(
    name: str,
    tensor: Any,
    bad_color: Any = None,
    max_images: int = 3,
    family: str | None = None,
    step: Any = None,
) -> Any:
    """Write images; see `tf.summary.image`.

    Args:
      name: name of the series.
      tensor: images [batch, height, width, 1, 3 or 4 channels], uint8 or floating-point.
      bad_color: the color of pixels that are not finite, uint8 [channels]; red by default.
      max_images: how many images of the batch are written.
      family: prefix of the tag.
      step: the step, int64; the global step by default.

    Returns:
      A bool scalar tensor: whether they were written.
    """

    def function(tag: str, scope: str) -> Any:
        color = bad_color
        if color is None:
            color = constant_ops.constant(np.array([255, 0, 0, 255], np.uint8))
        return write_ops.WriteImageSummary.make(
            STATE.writer._resource,
            chosen_step(step),
            tag,
            identity_ops.identity(tensor),
            color,
            max_images=max_images,
            name=scope,
        )

    return _written(name, tensor, function, family)


@export("contrib.summary.audio", v2=())
def audio(
    name: str,
    tensor: Any,
    sample_rate: Any,
    max_outputs: int,
    family: str | None = None,
    step: Any = None,
) -> Any:
    """Write sound; see `tf.summary.audio`.

    Args:
      name: name of the series.
      tensor: samples between -1 and 1 [batch, frames, channels] or [batch, frames], float32.
      sample_rate: samples a second, float32 scalar.
      max_outputs: how many clips of the batch are written.
      family: prefix of the tag.
      step: the step, int64; the global step by default.

    Returns:
      A bool scalar tensor: whether it was written.
    """

    spec = write_ops.WriteAudioSummary
    return _written_by(spec, name, tensor, family, step, sample_rate, max_outputs=max_outputs)


@export("contrib.summary.graph", v2=())
def graph(param: Any, step: Any = None, name: str | None = None) -> Any:
    """Write a graph.

    Args:
      param: a string tensor with a serialized `GraphDef`; in eager mode also a `Graph` or
        `GraphDef`.
      step: the step, int64; the global step by default.
      name: name of the operation.

    Returns:
      The operation that writes it, in graph mode.

    Raises:
      TypeError: something else than a tensor, in graph mode.
    """
    return writers.write_graph(param, step, name)


@export("contrib.summary.import_event", v2=())
def import_event(tensor: Any, name: str | None = None) -> Any:
    """Write a serialized `Event`.

    Args:
      tensor: the message, a string scalar.
      name: name of the operation.

    Returns:
      The operation that writes it, in graph mode.
    """
    return write_ops.ImportEvent.make(STATE.writer._resource, tensor, name=name)


@export("contrib.summary.eval_dir", v2=())
def eval_dir(model_dir: str, name: str | None = None) -> str:
    """Return the folder for the summaries of an evaluation.

    Args:
      model_dir: the folder of the model.
      name: name of the evaluation, if there are several.
    """
    return os.path.join(model_dir, f"eval_{name}" if name else "eval")
