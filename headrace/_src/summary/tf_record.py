"""TFRecord files: `tf.python_io`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from types import TracebackType
from typing import Any, ClassVar, Final

from headrace._api.export import export
from headrace._src.core import errors
from headrace._src.proto import record_io


@export("io.TFRecordCompressionType", "python_io.TFRecordCompressionType", v2=())
class TFRecordCompressionType:
    """How a file of records is compressed."""

    NONE: Final = 0
    ZLIB: Final = 1
    GZIP: Final = 2


@export("io.TFRecordOptions", "python_io.TFRecordOptions", v2=("io.TFRecordOptions",))
class TFRecordOptions:
    """Compression of a file of records.

    None leaves a setting at its default. The buffer sizes and `flush_mode` change how the bytes are
    handed over, not what is read back; they are kept for programs that look at them.

    Args:
      compression_type: `"GZIP"`, `"ZLIB"`, `""` or a `TFRecordCompressionType`.
      flush_mode: Flush mode of the compressor.
      input_buffer_size: Bytes.
      output_buffer_size: Bytes.
      window_bits: Base-2 logarithm of the compressor's window.
      compression_level: 0 to 9.
      compression_method: Method of the compressor.
      mem_level: Memory of the compressor, 1 to 9.
      compression_strategy: Strategy of the compressor.

    Raises:
      ValueError: There is no such compression type.
    """

    compression_type_map: ClassVar[dict[int, str]] = {
        TFRecordCompressionType.ZLIB: "ZLIB",
        TFRecordCompressionType.GZIP: "GZIP",
        TFRecordCompressionType.NONE: "",
    }

    def __init__(
        self,
        compression_type: Any = None,
        flush_mode: int | None = None,
        input_buffer_size: int | None = None,
        output_buffer_size: int | None = None,
        window_bits: int | None = None,
        compression_level: int | None = None,
        compression_method: int | None = None,
        mem_level: int | None = None,
        compression_strategy: int | None = None,
    ) -> None:
        self.get_compression_type_string(compression_type)
        self.compression_type = compression_type
        self.flush_mode = flush_mode
        self.input_buffer_size = input_buffer_size
        self.output_buffer_size = output_buffer_size
        self.window_bits = window_bits
        self.compression_level = compression_level
        self.compression_method = compression_method
        self.mem_level = mem_level
        self.compression_strategy = compression_strategy

    @classmethod
    def get_compression_type_string(cls, options: Any) -> str:
        """Find the compression that options, a name or a number stand for.

        Args:
          options: A `TFRecordOptions`, a `TFRecordCompressionType`, a name, or None.

        Returns:
          `"GZIP"`, `"ZLIB"` or `""`.

        Raises:
          ValueError: There is no such compression type.
        """
        if not options:
            return ""
        if isinstance(options, TFRecordOptions):
            return cls.get_compression_type_string(options.compression_type)
        if options in cls.compression_type_map:
            return cls.compression_type_map[options]
        if options in cls.compression_type_map.values():
            return str(options)
        raise ValueError(f'Not a valid compression_type: "{options}"')

    def _arguments(self) -> dict[str, Any]:
        given = {
            "level": self.compression_level,
            "method": self.compression_method,
            "window_bits": self.window_bits,
            "mem_level": self.mem_level,
            "strategy": self.compression_strategy,
        }
        return {name: value for name, value in given.items() if value is not None}


@export("io.TFRecordWriter", "python_io.TFRecordWriter", v2=("io.TFRecordWriter",))
class TFRecordWriter:
    """Write records to a file; a context manager that closes it.

    Args:
      path: The file, made anew.
      options: A `TFRecordOptions`, a `TFRecordCompressionType`, a name of a compression, or None.

    Raises:
      NotFoundError: The directory does not exist.
      ValueError: There is no such compression type.
    """

    def __init__(self, path: Any, options: Any = None) -> None:
        if not isinstance(options, TFRecordOptions):
            options = TFRecordOptions(compression_type=options)
        compression = TFRecordOptions.get_compression_type_string(options)
        arguments = options._arguments() if compression else {}
        self._writer = record_io.RecordWriter(os.fsdecode(path), compression, **arguments)

    def __enter__(self) -> TFRecordWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def write(self, record: bytes) -> None:
        """Add a record.

        Args:
          record: Its bytes.

        Raises:
          FailedPreconditionError: The writer was closed.
          TypeError: `record` is not bytes.
        """
        if not isinstance(record, bytes):
            raise TypeError(f"expected bytes, {type(record).__name__} found")
        self._check_open()
        self._writer.write(record)

    def flush(self) -> None:
        """Hand everything written so far to the operating system.

        Raises:
          FailedPreconditionError: The writer was closed.
        """
        self._check_open()
        self._writer.flush()

    def close(self) -> None:
        """Complete the file; a second call does nothing."""
        self._writer.close()

    def _check_open(self) -> None:
        if self._writer.closed:
            raise errors.FailedPreconditionError(
                None, None, "Writer not initialized or previously closed"
            )


@export("io.tf_record_iterator", "python_io.tf_record_iterator", v2=())
def tf_record_iterator(path: Any, options: Any = None) -> Iterator[bytes]:
    """Read the records of a file.

    Args:
      path: The file.
      options: A `TFRecordOptions`, a `TFRecordCompressionType`, a name of a compression, or None.

    Yields:
      The bytes of one record after the other.

    Raises:
      NotFoundError: The file does not exist.
      DataLossError: The file is damaged.
    """
    compression = TFRecordOptions.get_compression_type_string(options)
    yield from record_io.read_records(os.fsdecode(path), compression)
