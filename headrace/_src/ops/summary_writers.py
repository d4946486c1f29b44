"""Operations that write summaries to event files themselves."""

from __future__ import annotations

import os
import threading
import time
import weakref
from typing import Any

import numpy as np

from headrace._src.core import attrs as A
from headrace._src.core import dims, dtypes, errors
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import OpSpec, op
from headrace._src.ops import summary as summaries
from headrace._src.proto.record_io import file_error

_NO_GRADIENT = "what is written to files is not differentiable"
_REAL = summaries._REAL


class WriterResource:
    """What a `SummaryWriter` stands for: an event file, once it is created.

    State inventory:
      _file: the `EventsFile`, or None.     _queue: events that are not written yet.
      _last_flush: when events were last written, in seconds.     _finish: writes them at the end.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._file: Any = None
        self._queue: list[Any] = []
        self._last_flush = 0.0
        self._max_queue = self._flush_millis = 0
        self._finish: Any = None

    def create(self, logdir: str, max_queue: int, flush_millis: int, suffix: str) -> None:
        """Makes the file, unless it is there."""
        from headrace._src.summary.events_file import EventsFile

        with self._lock:
            if self._file is not None:
                return
            try:
                os.makedirs(logdir, exist_ok=True)
            except OSError as error:
                raise file_error(logdir, error) from None
            file = EventsFile(logdir, suffix)
            file.open()
            file.flush()
            self._max_queue, self._flush_millis = max_queue, flush_millis
            self._last_flush = time.time()
            self._file = file
            # A writer that nobody closes loses nothing.
            self._finish = weakref.finalize(self, _write_all, file, self._queue)

    def add(self, event: Any) -> None:
        """Adds an event.

        Raises:
          NotFoundError: the writer is not created, or closed.
        """
        with self._lock:
            file = self._created()
            self._queue.append(event)
            late = time.time() - self._last_flush > self._flush_millis / 1000
            if len(self._queue) > self._max_queue or late:
                _write_all(file, self._queue)
                self._last_flush = time.time()

    def flush(self) -> None:
        """Writes all events."""
        with self._lock:
            _write_all(self._created(), self._queue)
            self._last_flush = time.time()

    def close(self) -> None:
        """Writes all events and closes the file."""
        with self._lock:
            file = self._created()
            self._file = None
            self._finish.detach()
            _write_all(file, self._queue)
            file.close()

    def _created(self) -> Any:
        if self._file is None:
            raise errors.NotFoundError(
                None,
                None,
                f"Resource localhost/{self._name}/N10tensorflow22SummaryWriterInterfaceE does not "
                "exist.",
            )
        return self._file


def _write_all(file: Any, queue: list[Any]) -> None:
    for event in queue:
        file.write(event)
    queue.clear()
    file.flush()


def _event(step: Any) -> Any:
    from headrace._src.proto import messages

    return messages.Event(wall_time=time.time(), step=int(step))


def _text(value: Any) -> bytes:
    text = np.asarray(value, object)[()]
    return text.encode() if isinstance(text, str) else text  # type: ignore[no-any-return]


def _writer_op(op_type: str, signature: str, **extra: Any) -> OpSpec:
    """Declares an op that takes a writer; `step` and `tag` are scalars."""
    names = [part.split(":")[0].strip() for part in signature.split("->")[0].split(",")]
    spec = op(op_type, signature, stateful=True, host_only=True, kernel_ignores=("T",), **extra)
    spec.no_gradient(_NO_GRADIENT, undefined=True)

    def rule(s: Any, *given: Any) -> Any:
        for name, shape in zip(names, given, strict=True):
            if name in ("writer", "step", "tag", "summary_metadata", "sample_rate"):
                dims.with_rank(shape, 0)
        return []

    spec.shape(rule)
    return spec


def _add(writer: WriterResource, step: Any, summary: Any) -> None:
    """Adds what the kernel of a summary made."""
    event = _event(step)
    event.summary.MergeFromString(_text(summary))
    writer.add(event)


# -- SummaryWriter ---------------------------------------------------------------------------------
SummaryWriterOp = op(
    "SummaryWriter",
    "-> writer: resource",
    shared_name=A.text(default=""),
    container=A.text(default=""),
    stateful=True,
    handle=True,
    host_only=True,
)
SummaryWriterOp.no_gradient(_NO_GRADIENT, undefined=True)
SummaryWriterOp.shape(lambda s: ())


@SummaryWriterOp.kernel
def _kernel_summary_writer(k: Any) -> Any:
    return k.resource(lambda: WriterResource(k.op.attrs["shared_name"] or k.op.name))


# -- CreateSummaryFileWriter -----------------------------------------------------------------------
CreateSummaryFileWriter = _writer_op(
    "CreateSummaryFileWriter",
    "writer: resource, logdir: string, max_queue: int32, flush_millis: int32, "
    "filename_suffix: string ->",
)


@CreateSummaryFileWriter.kernel
def _kernel_create(
    k: Any, writer: Any, logdir: Any, max_queue: Any, flush_millis: Any, filename_suffix: Any
) -> None:
    folder, suffix = os.fsdecode(_text(logdir)), os.fsdecode(_text(filename_suffix))
    writer.create(folder, int(max_queue), int(flush_millis), suffix)


# -- FlushSummaryWriter ----------------------------------------------------------------------------
FlushSummaryWriter = _writer_op("FlushSummaryWriter", "writer: resource ->")


@FlushSummaryWriter.kernel
def _kernel_flush(k: Any, writer: Any) -> None:
    writer.flush()


# -- CloseSummaryWriter ----------------------------------------------------------------------------
CloseSummaryWriter = _writer_op("CloseSummaryWriter", "writer: resource ->")


@CloseSummaryWriter.kernel
def _kernel_close(k: Any, writer: Any) -> None:
    writer.close()


# -- WriteSummary ----------------------------------------------------------------------------------
WriteSummary = _writer_op(
    "WriteSummary",
    "writer: resource, step: int64, tensor: T, tag: string, summary_metadata: string ->",
    T=G.ANY,
)


@WriteSummary.kernel
def _kernel_write(
    k: Any, writer: Any, step: Any, tensor: Any, tag: Any, summary_metadata: Any
) -> None:
    event = _event(step)
    made = summaries._kernel_tensor_summary(k, tag, tensor, summary_metadata)
    event.summary.MergeFromString(_text(made))
    if not _text(summary_metadata):
        event.summary.value[0].ClearField("metadata")
    writer.add(event)


# -- WriteRawProtoSummary --------------------------------------------------------------------------
WriteRawProtoSummary = _writer_op(
    "WriteRawProtoSummary", "writer: resource, step: int64, tensor: string ->"
)


@WriteRawProtoSummary.kernel
def _kernel_write_raw(k: Any, writer: Any, step: Any, tensor: Any) -> None:
    from google.protobuf.message import DecodeError

    event = _event(step)
    for data in np.asarray(tensor, object).reshape(-1).tolist():
        try:
            event.summary.MergeFromString(_text(data))
        except DecodeError:
            raise errors.DataLossError(
                None, None, "Bad tf.compat.v1.Summary binary proto tensor string at index 0"
            ) from None
    writer.add(event)


# -- WriteScalarSummary ----------------------------------------------------------------------------
WriteScalarSummary = _writer_op(
    "WriteScalarSummary",
    "writer: resource, step: int64, tag: string, value: T ->",
    T=A.dtype(_REAL),
)


@WriteScalarSummary.kernel
def _kernel_write_scalar(k: Any, writer: Any, step: Any, tag: Any, value: Any) -> None:
    value = np.asarray(value).reshape(-1)[:1].reshape(())
    _add(writer, step, summaries._kernel_scalar_summary(k, tag, value))


# -- WriteHistogramSummary -------------------------------------------------------------------------
WriteHistogramSummary = _writer_op(
    "WriteHistogramSummary",
    "writer: resource, step: int64, tag: string, values: T ->",
    T=A.dtype(_REAL, default=dtypes.float32),
)


@WriteHistogramSummary.kernel
def _kernel_write_histogram(k: Any, writer: Any, step: Any, tag: Any, values: Any) -> None:
    _add(writer, step, summaries._kernel_histogram_summary(k, tag, values))


# -- WriteImageSummary -----------------------------------------------------------------------------
WriteImageSummary = _writer_op(
    "WriteImageSummary",
    "writer: resource, step: int64, tag: string, tensor: T, bad_color: uint8 ->",
    max_images=A.integer(default=3, minimum=1),
    T=A.dtype((dtypes.uint8, dtypes.float32, dtypes.float16), default=dtypes.float32),
)


@WriteImageSummary.kernel
def _kernel_write_image(
    k: Any, writer: Any, step: Any, tag: Any, tensor: Any, bad_color: Any, *, max_images: int
) -> None:
    made = summaries._kernel_image_summary(
        k, tag, tensor, max_images=max_images, bad_color=bad_color
    )
    _add(writer, step, made)


# -- WriteAudioSummary -----------------------------------------------------------------------------
WriteAudioSummary = _writer_op(
    "WriteAudioSummary",
    "writer: resource, step: int64, tag: string, tensor: float, sample_rate: float ->",
    max_outputs=A.integer(default=3, minimum=1),
)


@WriteAudioSummary.kernel
def _kernel_write_audio(
    k: Any, writer: Any, step: Any, tag: Any, tensor: Any, sample_rate: Any, *, max_outputs: int
) -> None:
    made = summaries._kernel_audio_summary(k, tag, tensor, sample_rate, max_outputs=max_outputs)
    _add(writer, step, made)


# -- WriteGraphSummary -----------------------------------------------------------------------------
WriteGraphSummary = _writer_op(
    "WriteGraphSummary", "writer: resource, step: int64, tensor: string ->"
)


@WriteGraphSummary.kernel
def _kernel_write_graph(k: Any, writer: Any, step: Any, tensor: Any) -> None:
    event = _event(step)
    event.graph_def = _text(tensor)
    writer.add(event)


# -- ImportEvent -----------------------------------------------------------------------------------
ImportEvent = _writer_op("ImportEvent", "writer: resource, event: string ->")


@ImportEvent.kernel
def _kernel_import_event(k: Any, writer: Any, event: Any) -> None:
    from headrace._src.proto import messages

    writer.add(messages.Event.FromString(_text(event)))
