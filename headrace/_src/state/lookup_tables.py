"""Tables as programs make them: filled from tensors or text files, with or without buckets."""

from __future__ import annotations

import collections
import uuid
from typing import Any

import numpy as np

from headrace._api.export import export, export_value
from headrace._src.core import dtypes, scopes, uids
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.graph import get_default_graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.scopes import name_scope
from headrace._src.core.shape import TensorShape
from headrace._src.core.sparse_tensor import SparseTensor
from headrace._src.core.tensor import Tensor
from headrace._src.core.trackable import Trackable
from headrace._src.ops import identity as identity_ops
from headrace._src.ops import lookup as lookup_ops
from headrace._src.ops._late import late


def _executes() -> bool:
    return bool(get_default_graph().executes)


def _note_initializer(operation: Any) -> None:
    """Puts what fills a table where `tf.tables_initializer` finds it."""
    if not _executes():
        get_default_graph().add_to_collection(GraphKeys.TABLE_INITIALIZERS, operation)


class _Typed(Trackable):
    """What has keys and values of given dtypes."""

    def __init__(self, key_dtype: Any, value_dtype: Any) -> None:
        self._key_dtype = dtypes.as_dtype(key_dtype)
        self._value_dtype = dtypes.as_dtype(value_dtype)

    @property
    def key_dtype(self) -> Any:
        """dtype of the keys."""
        return self._key_dtype

    @property
    def value_dtype(self) -> Any:
        """dtype of the values."""
        return self._value_dtype


# -- what fills tables -------------------------------------------------------------------------
@export("contrib.lookup.TableInitializerBase")
class TableInitializerBase(_Typed):
    """What fills a table.

    Args:
      key_dtype: dtype of the keys.
      value_dtype: dtype of the values.
    """

    def initialize(self, table: Any) -> Any:
        """Returns the operation that fills `table`."""
        raise NotImplementedError

    @property
    def _shared_name(self) -> str:
        return str(uids.next_uid()) if _executes() else ""

    def _check(self, table: Any) -> None:
        for what in ("key", "value"):
            own, wanted = getattr(self, f"{what}_dtype"), getattr(table, f"{what}_dtype")
            if own.base_dtype != wanted:
                raise TypeError(f"Invalid {what} dtype, expected {wanted} but got {own}.")


@export("lookup.KeyValueTensorInitializer", "contrib.lookup.KeyValueTensorInitializer")
class KeyValueTensorInitializer(TableInitializerBase):
    """Fills a table from two tensors.

    Args:
      keys: tensor [n].
      values: tensor [n].
      key_dtype: dtype of the keys, where they are no tensor.
      value_dtype: dtype of the values, where they are no tensor.
      name: name of the operations.
    """

    def __init__(
        self,
        keys: Any,
        values: Any,
        key_dtype: Any = None,
        value_dtype: Any = None,
        name: str | None = None,
    ) -> None:
        self._keys = convert_to_tensor(keys, dtype=key_dtype, name="keys")
        self._values = convert_to_tensor(values, dtype=value_dtype, name="values")
        self._name = "key_value_init" if name is None else name
        super().__init__(self._keys.dtype, self._values.dtype)

    def initialize(self, table: Any) -> Any:
        """Returns the operation that fills `table`.

        Raises:
          TypeError: the table has other dtypes.
        """
        self._check(table)
        with name_scope(self._name, values=(table.resource_handle, self._keys, self._values)):
            made = lookup_ops.LookupTableImportV2(table.resource_handle, self._keys, self._values)
        _note_initializer(made)
        return made


@export("lookup.TextFileIndex", "contrib.lookup.TextFileIndex")
class TextFileIndex:
    """What of a line is a key or a value, besides columns, which have numbers from 0."""

    WHOLE_LINE = -2
    LINE_NUMBER = -1


@export("lookup.TextFileInitializer", "contrib.lookup.TextFileInitializer")
class TextFileInitializer(TableInitializerBase):
    """Fills a table from the lines of a text file.

    Args:
      filename: a path, or a string tensor.
      key_dtype: dtype of the keys.
      key_index: the column of the keys, or a `TextFileIndex`.
      value_dtype: dtype of the values.
      value_index: the column of the values, or a `TextFileIndex`.
      vocab_size: how many lines to read; all when None.
      delimiter: what separates columns.
      name: name of the operations.

    Raises:
      ValueError: no file name, or a dtype that does not fit what is read.
    """

    def __init__(
        self,
        filename: Any,
        key_dtype: Any,
        key_index: int,
        value_dtype: Any,
        value_index: int,
        vocab_size: int | None = None,
        delimiter: str = "\t",
        name: str | None = None,
    ) -> None:
        if not isinstance(filename, Tensor) and not filename:
            raise ValueError(f"Filename required for {name}.")
        super().__init__(key_dtype, value_dtype)
        whole, number = TextFileIndex.WHOLE_LINE, TextFileIndex.LINE_NUMBER
        key_dtype, value_dtype = self.key_dtype, self.value_dtype
        mismatch = "Signature mismatch. {} must be {}, got {}."
        if key_index < whole:
            raise ValueError(f"Invalid key index {key_index}.")
        if key_index == number and key_dtype != dtypes.int64:
            raise ValueError(mismatch.format("Keys", f"dtype {dtypes.int64}", key_dtype))
        if key_index == whole and not key_dtype.is_integer and key_dtype != dtypes.string:
            raise ValueError(mismatch.format("Keys", "integer or string", key_dtype))
        if value_index < whole:
            raise ValueError(f"Invalid value index {value_index}.")
        if value_index == number and value_dtype != dtypes.int64:
            raise ValueError(mismatch.format("Values", f"dtype {dtypes.int64}", value_dtype))
        if value_index == whole and value_dtype != dtypes.string:
            raise ValueError(mismatch.format("Values", f"dtype {dtypes.string}", value_dtype))
        if vocab_size is not None and vocab_size <= 0:
            raise ValueError(f"Invalid vocab_size {vocab_size}.")
        self._filename_arg, self._name = filename, name
        # The file is an asset of models that have the table, outside of functions.
        with scopes.init_scope(), scopes.device("CPU"):
            self._filename = convert_to_tensor(filename, dtypes.string, name="asset_path")
        self._key_index, self._value_index = key_index, value_index
        self._vocab_size, self._delimiter = vocab_size, delimiter

    def initialize(self, table: Any) -> Any:
        """Returns the operation that fills `table`.

        Raises:
          TypeError: the table has other dtypes.
        """
        self._check(table)
        with name_scope(self._name, "text_file_init", (table.resource_handle,)):
            made = lookup_ops.InitializeTableFromTextFileV2(
                table.resource_handle,
                self._filename,
                key_index=self._key_index,
                value_index=self._value_index,
                vocab_size=-1 if self._vocab_size is None else self._vocab_size,
                delimiter=self._delimiter,
            )
        _note_initializer(made)
        if not _executes() and self._filename.op.type == "Const":
            get_default_graph().add_to_collection(GraphKeys.ASSET_FILEPATHS, self._filename)
        return made

    @property
    def _shared_name(self) -> str:
        size = f"_{self._vocab_size}" if self._vocab_size else ""
        return f"hash_table_{self._filename_arg}{size}_{self._key_index}_{self._value_index}"


# -- tables ------------------------------------------------------------------------------------
@export("contrib.lookup.LookupInterface")
class LookupInterface(_Typed):
    """A table from keys to values.

    Args:
      key_dtype: dtype of the keys.
      value_dtype: dtype of the values.
    """

    @property
    def name(self) -> str | None:
        """The name of the table."""
        raise NotImplementedError

    def size(self, name: str | None = None) -> Tensor:
        """Returns the number of entries."""
        raise NotImplementedError

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """Returns the values of keys."""
        raise NotImplementedError

    def _values_of(self, keys: Any) -> Any:
        """The keys as a dense tensor.

        Raises:
          TypeError: they have another dtype than the table's.
        """
        if keys.dtype.base_dtype != self._key_dtype:
            raise TypeError(
                f"Signature mismatch. Keys must be dtype {self._key_dtype}, got {keys.dtype}."
            )
        return keys.values if isinstance(keys, SparseTensor) else keys


def _like(keys: Any, values: Tensor) -> Any:
    """The values in the place of their keys."""
    if isinstance(keys, SparseTensor):
        return SparseTensor(keys.indices, values, keys.dense_shape)
    return values


@export(v2=("lookup.StaticHashTable",))
class StaticHashTable(LookupInterface):
    """A table that is filled once.

    Args:
      initializer: what fills it.
      default_value: the value of keys that it lacks.
      name: name of the table.
    """

    def __init__(self, initializer: Any, default_value: Any, name: str | None = None) -> None:
        super().__init__(initializer.key_dtype, initializer.value_dtype)
        self._initializer = initializer
        self._shared_name = initializer._shared_name or f"hash_table_{uuid.uuid4()}"
        self._name = name or "hash_table"
        self._table_name: str | None = None
        self._default_value = convert_to_tensor(default_value, dtype=self._value_dtype)
        self._default_value.shape.merge_with(TensorShape([]))
        with scopes.init_scope():
            self._resource_handle = self._create_resource()
        self._init_op = self._initialize()

    def _create_resource(self) -> Any:
        handle = lookup_ops.HashTableV2(
            shared_name=self._shared_name,
            key_dtype=self._initializer.key_dtype,
            value_dtype=self._initializer.value_dtype,
            name=self._name,
        )
        self._table_name = None if _executes() else handle.op.name.split("/")[-1]
        return handle

    def _initialize(self) -> Any:
        return self._initializer.initialize(self)

    @property
    def resource_handle(self) -> Any:
        """The tensor that stands for the table."""
        return self._resource_handle

    @property
    def name(self) -> str | None:
        """The name of the table, None in eager execution."""
        return self._table_name

    @property
    def default_value(self) -> Tensor:
        """The value of keys that the table lacks."""
        return self._default_value  # type: ignore[no-any-return]

    def size(self, name: str | None = None) -> Tensor:
        """Returns the number of entries, an int64 scalar tensor."""
        with name_scope(name, f"{self.name}_Size", [self.resource_handle]):
            made: Tensor = lookup_ops.LookupTableSizeV2(self.resource_handle)
            return made

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """Returns the values of keys.

        Args:
          keys: a tensor or `SparseTensor` of the keys' dtype.
          name: name of the operations.

        Returns:
          Values in the shape of `keys`, sparse when they are.

        Raises:
          TypeError: (build) another dtype.
          FailedPreconditionError: (run) the table is not filled.
        """
        dense = self._values_of(keys)
        inputs = (self.resource_handle, dense, self._default_value)
        with name_scope(name, f"{self.name}_Lookup", inputs):
            values = lookup_ops.LookupTableFindV2(*inputs)
        values.set_shape(dense.shape)
        return _like(keys, values)

    def export(self, name: str | None = None) -> tuple[Tensor, Tensor]:
        """Returns all keys and all values."""
        with name_scope(name, f"{self.name}_Export", [self.resource_handle]):
            keys, values = lookup_ops.LookupTableExportV2(
                self.resource_handle, Tkeys=self._key_dtype, Tvalues=self._value_dtype
            )
        values.set_shape(keys.shape.concatenate(self._default_value.shape))
        return keys, values


@export("lookup.StaticHashTable", v2=())
class StaticHashTableV1(StaticHashTable):
    """A table that is filled once, by `tf.tables_initializer` or its `initializer`.

    Args:
      initializer: what fills it.
      default_value: the value of keys that it lacks.
      name: name of the table.

    Example:
      >>> import headrace as tf
      >>> pairs = tf.lookup.KeyValueTensorInitializer(["a", "b"], [1, 2])
      >>> table = tf.lookup.StaticHashTable(pairs, default_value=-1)
      >>> found = table.lookup(tf.constant(["b", "z"]))
      >>> with tf.Session() as session:
      ...     _ = session.run(tf.tables_initializer())
      ...     session.run(found).tolist()
      [2, -1]
    """

    @property
    def initializer(self) -> Any:
        """The operation that fills the table."""
        return self._init_op


@export("contrib.lookup.HashTable")
class HashTable(StaticHashTableV1):
    """A table that is filled once; see `tf.lookup.StaticHashTable`.

    Args:
      initializer: what fills it.
      default_value: the value of keys that it lacks.
      shared_name: the name under which sessions share it.
      name: name of the table.
    """

    def __init__(
        self,
        initializer: Any,
        default_value: Any,
        shared_name: str | None = None,
        name: str | None = None,
    ) -> None:
        self._given_name = shared_name
        super().__init__(initializer, default_value, name)

    def _create_resource(self) -> Any:
        if self._given_name:
            self._shared_name = self._given_name
        return super()._create_resource()

    @property
    def init(self) -> Any:
        """The operation that fills the table."""
        return self.initializer


class _BucketedTable(LookupInterface):
    """A table from words to numbers, with buckets for the words that `table` lacks."""

    def __init__(
        self, table: Any, num_oov_buckets: int, spec: Any, key_dtype: Any, name: str | None
    ) -> None:
        super().__init__(key_dtype, dtypes.int64)
        self._table, self._num_oov_buckets, self._hasher_spec = table, num_oov_buckets, spec
        self._table_name = name.split("/")[-1] if name else None

    def _buckets(self, text: Tensor) -> Tensor:
        """The bucket of each word."""
        number, kind = self._num_oov_buckets, self._hasher_spec.hasher
        made: Tensor
        if kind == "fasthash":
            made = late.string_to_hash_bucket_fast(text, num_buckets=number, name="hash_bucket")
        elif kind == "legacy":
            made = late.string_to_hash_bucket(text, num_buckets=number, name="hash_bucket")
        elif kind == "stronghash":
            key = self._hasher_spec.key
            made = late.string_to_hash_bucket_strong(
                text, num_buckets=number, key=key, name="hash_bucket"
            )
        else:
            raise ValueError(f"Unknown hasher {kind}")
        return made

    @property
    def resource_handle(self) -> Any:
        """The tensor that stands for the table, None when there are buckets alone."""
        return None if self._table is None else self._table.resource_handle

    @property
    def name(self) -> str | None:
        """The name of the table."""
        return self._table_name

    def size(self, name: str | None = None) -> Tensor:
        """Returns the number of entries and buckets, an int64 scalar tensor."""
        with name_scope(name, f"{self.name}_Size"):
            entries: Any = self._table.size() if self._table else None
            if entries is None:
                entries = convert_to_tensor(0, dtype=dtypes.int64)
            total: Tensor = entries + self._num_oov_buckets
            return total

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """Returns the numbers of words.

        Args:
          keys: a tensor or `SparseTensor` of the keys' dtype.
          name: name of the operations.

        Returns:
          int64 numbers in the shape of `keys`, sparse when they are.

        Raises:
          TypeError: (build) another dtype.
        """
        words = self._values_of(keys)
        if self._table and self._table.key_dtype.base_dtype == dtypes.int64:
            words = late.cast(words, dtypes.int64)
        if self._num_oov_buckets == 0:
            return _like(keys, self._table.lookup(words, name=name))
        with name_scope(name, f"{self.name}_Lookup"):
            text = words if words.dtype == dtypes.string else late.as_string(words)
            numbers = self._buckets(text)
            if self._table:
                found = self._table.lookup(words)
                numbers = late.add(numbers, self._table.size())
                known = late.not_equal(found, self._table.default_value)
                numbers = late.where_v2(known, found, numbers)
        return _like(keys, numbers)


def _check_words(source: Any, key_dtype: Any) -> None:
    """Refuses dtypes of which there are no tables from words to numbers.

    Raises:
      TypeError: keys that are neither int64 nor string, values that are no int64.
    """
    allowed = (dtypes.int64, dtypes.string)
    if source.key_dtype not in allowed:
        raise TypeError(
            f"Invalid key dtype, expected one of {allowed}, but got {source.key_dtype}."
        )
    if source.key_dtype.is_integer != key_dtype.is_integer:
        kind = "integer" if key_dtype.is_integer else "non-integer"
        raise TypeError(f"Invalid key dtype, expected {kind} but got {source.key_dtype}.")
    if source.value_dtype != dtypes.int64:
        raise TypeError(
            f"Invalid value dtype, expected {dtypes.int64} but got {source.value_dtype}."
        )


def _check_key(key_dtype: Any) -> None:
    if not key_dtype.is_integer and key_dtype != dtypes.string:
        raise TypeError(f"Invalid key_dtype, expected integer or string, got {key_dtype}.")


@export("contrib.lookup.HasherSpec")
class HasherSpec(collections.namedtuple("HasherSpec", ["hasher", "key"])):
    """How words are spread over buckets.

    Attributes:
      hasher: "fasthash", "stronghash" or "legacy".
      key: two integers for "stronghash".
    """

    __slots__ = ()


FastHashSpec = export_value(HasherSpec("fasthash", None), "contrib.lookup.FastHashSpec", v2=())


@export("contrib.lookup.StrongHashSpec")
class StrongHashSpec(HasherSpec):
    """Words are spread over buckets with a key that only the program knows.

    Args:
      key: two integers.

    Raises:
      ValueError: another number of them.
      TypeError: something else.
    """

    __slots__ = ()

    def __new__(cls, key: Any) -> StrongHashSpec:
        if len(key) != 2:
            raise ValueError(f"key must have size 2, got {len(key)}.")
        if not all(isinstance(part, (int, np.integer)) for part in key):
            raise TypeError(f"Invalid key {key}. Must be unsigned integer values.")
        return super().__new__(cls, "stronghash", key)


@export(v2=("lookup.StaticVocabularyTable",))
class StaticVocabularyTable(_BucketedTable):
    """A table from words to numbers, with buckets for other words.

    Args:
      initializer: what fills it with int64 values, None for buckets alone.
      num_oov_buckets: how many numbers, behind those of the table, words that it lacks get.
      lookup_key_dtype: dtype of the keys that are looked up; that of the table when None.
      name: name of the table.

    Raises:
      ValueError: no bucket.
      TypeError: keys that are neither integers nor strings, values that are no int64.
    """

    def __init__(
        self,
        initializer: Any,
        num_oov_buckets: int,
        lookup_key_dtype: Any = None,
        name: str | None = None,
    ) -> None:
        if num_oov_buckets <= 0:
            raise ValueError("oov_buckets must be > 0.")
        name = name.rstrip("/") if name else name
        table = None
        if initializer:
            lookup_key_dtype = lookup_key_dtype or initializer.key_dtype
            _check_words(initializer, lookup_key_dtype)
            table = StaticHashTableV1(initializer, default_value=-1)
            name = name or table.name
        else:
            lookup_key_dtype = dtypes.string
            name = name or "hash_bucket"
        _check_key(lookup_key_dtype)
        super().__init__(table, num_oov_buckets, FastHashSpec, lookup_key_dtype, name)


@export("lookup.StaticVocabularyTable", v2=())
class StaticVocabularyTableV1(StaticVocabularyTable):
    """A table from words to numbers, with buckets for other words.

    Args:
      initializer: what fills it with int64 values, None for buckets alone.
      num_oov_buckets: how many numbers, behind those of the table, words that it lacks get.
      lookup_key_dtype: dtype of the keys that are looked up; that of the table when None.
      name: name of the table.

    Raises:
      ValueError: no bucket.
      TypeError: keys that are neither integers nor strings, values that are no int64.
    """

    @property
    def initializer(self) -> Any:
        """The operation that fills the table."""
        if self._table is not None:
            return self._table.initializer
        with name_scope(None, "init"):
            return identity_ops.no_op()


@export("contrib.lookup.IdTableWithHashBuckets")
class IdTableWithHashBuckets(_BucketedTable):
    """A table from words to numbers, with buckets for the words that another table lacks.

    Args:
      table: the table, None for buckets alone.
      num_oov_buckets: how many buckets.
      hasher_spec: how words are spread over them.
      name: name of the table.
      key_dtype: dtype of the keys that are looked up; that of the table when None.

    Raises:
      ValueError: neither a table nor buckets.
      TypeError: keys that are neither integers nor strings, values that are no int64.
    """

    def __init__(
        self,
        table: Any,
        num_oov_buckets: int,
        hasher_spec: Any = FastHashSpec,
        name: str | None = None,
        key_dtype: Any = None,
    ) -> None:
        name = name.rstrip("/") if name else name
        if table:
            key_dtype = key_dtype or table.key_dtype
            _check_words(table, key_dtype)
            name = name or table.name
        else:
            if num_oov_buckets <= 0:
                raise ValueError("oov_buckets must be > 0 if no table is supplied.")
            key_dtype = dtypes.string if key_dtype is None else key_dtype
            name = name or "hash_bucket"
        _check_key(key_dtype)
        if not isinstance(hasher_spec, HasherSpec):
            raise TypeError(f"hasher_spec must be of type HasherSpec, got {hasher_spec}")
        super().__init__(table, num_oov_buckets, hasher_spec, key_dtype, name)

    @property
    def initializer(self) -> Any:
        """The operation that fills the table."""
        if self._table is not None:
            return self._table.initializer
        with name_scope(None, "init"):
            return identity_ops.no_op()

    @property
    def init(self) -> Any:
        """The operation that fills the table."""
        return self.initializer


# -- tables from lists of words ----------------------------------------------------------------
@export("contrib.lookup.index_to_string_table_from_tensor")
def index_to_string_table_from_tensor(
    mapping: Any, default_value: str = "UNK", name: str | None = None
) -> StaticHashTableV1:
    """Make a table from numbers to words.

    Args:
      mapping: string tensor [n].
      default_value: the word of other numbers.
      name: name of the operations.

    Returns:
      A table from int64 to string.

    Raises:
      ValueError: no list.
    """
    if mapping is None:
        raise ValueError("mapping must be specified.")
    with name_scope(name, "index_to_string"):
        words = convert_to_tensor(mapping, dtypes.string)
        numbers = late.cast(late.range(late.size(words)), dtypes.int64)
        pairs = KeyValueTensorInitializer(
            numbers, words, dtypes.int64, dtypes.string, name="table_init"
        )
        return StaticHashTableV1(pairs, default_value)


@export("contrib.lookup.index_table_from_tensor")
def index_table_from_tensor(
    mapping: Any,
    num_oov_buckets: int = 0,
    default_value: int = -1,
    hasher_spec: Any = FastHashSpec,
    dtype: Any = dtypes.string,
    name: str | None = None,
) -> Any:
    """Make a table from words to their numbers in a list.

    Args:
      mapping: tensor [n] of strings or integers.
      num_oov_buckets: how many numbers, from n on, other words get.
      default_value: the number of other words when there are no buckets.
      hasher_spec: how other words are spread over buckets.
      dtype: dtype of the words.
      name: name of the operations.

    Returns:
      A table from `dtype` to int64.

    Raises:
      ValueError: no list, or one of another dtype.
      TypeError: words that are neither strings nor integers.
    """
    if mapping is None:
        raise ValueError("mapping must be specified.")
    _check_index_arguments(num_oov_buckets, dtype)
    with name_scope(name, "string_to_index"):
        keys = convert_to_tensor(mapping)
        if keys.dtype.is_integer != dtype.is_integer:
            wanted = "integer" if dtype.is_integer else "non-integer"
            raise ValueError(f"Expected {wanted}, got {keys.dtype}.")
        if not dtype.is_integer and keys.dtype.base_dtype != dtype:
            raise ValueError(f"Expected {dtype}, got {keys.dtype}.")
        values = late.cast(late.range(late.size(keys)), dtypes.int64)
        with name_scope(None, "hash_table"):
            keys = late.cast(keys, dtypes.int64) if keys.dtype.is_integer else keys
            pairs = KeyValueTensorInitializer(
                keys, values, keys.dtype.base_dtype, dtypes.int64, name="table_init"
            )
            table: Any = StaticHashTableV1(pairs, default_value)
        return _with_buckets(table, num_oov_buckets, hasher_spec, dtype)


def _check_index_arguments(num_oov_buckets: int, dtype: Any) -> None:
    if num_oov_buckets < 0:
        raise ValueError(f"num_oov_buckets must be greater or equal than 0, got {num_oov_buckets}.")
    if not dtype.is_integer and dtype.base_dtype != dtypes.string:
        raise TypeError("Only integer and string keys are supported.")


def _with_buckets(table: Any, number: int, hasher_spec: Any, dtype: Any) -> Any:
    if not number:
        return table
    return IdTableWithHashBuckets(
        table, num_oov_buckets=number, hasher_spec=hasher_spec, key_dtype=dtype
    )


def _check_file(vocabulary_file: Any, vocab_size: int | None, rest: str) -> None:
    if vocabulary_file is None or vocabulary_file == "":
        raise ValueError("vocabulary_file must be specified and must not be empty.")
    if vocab_size is not None and vocab_size < 1:
        raise ValueError(f"vocab_size must be greater than 0, got {vocab_size}.{rest}")


@export("contrib.lookup.index_table_from_file")
def index_table_from_file(
    vocabulary_file: Any = None,
    num_oov_buckets: int = 0,
    vocab_size: int | None = None,
    default_value: int = -1,
    hasher_spec: Any = FastHashSpec,
    key_dtype: Any = dtypes.string,
    name: str | None = None,
    key_column_index: int = TextFileIndex.WHOLE_LINE,
    value_column_index: int = TextFileIndex.LINE_NUMBER,
    delimiter: str = "\t",
) -> Any:
    """Make a table from the lines of a text file to their numbers.

    Args:
      vocabulary_file: a path, or a string tensor.
      num_oov_buckets: how many numbers, behind those of the lines, other words get.
      vocab_size: how many lines to read; all when None.
      default_value: the number of other words when there are no buckets.
      hasher_spec: how other words are spread over buckets.
      key_dtype: dtype of the words.
      name: name of the operations.
      key_column_index: the column of the words, or a `TextFileIndex`.
      value_column_index: the column of the numbers, or a `TextFileIndex`.
      delimiter: what separates columns.

    Returns:
      A table from `key_dtype` to int64.

    Raises:
      ValueError: no file name, or a number that is too small.
      TypeError: words that are neither strings nor integers.
    """
    _check_file(vocabulary_file, vocab_size, f" vocabulary_file: {vocabulary_file}")
    _check_index_arguments(num_oov_buckets, key_dtype)
    with name_scope(name, "string_to_index"):
        with name_scope(None, "hash_table"):
            lines = TextFileInitializer(
                vocabulary_file,
                dtypes.int64 if key_dtype.is_integer else key_dtype,
                key_column_index,
                dtypes.int64,
                value_column_index,
                vocab_size=vocab_size,
                delimiter=delimiter,
                name="table_init",
            )
            table = StaticHashTableV1(lines, default_value)
        return _with_buckets(table, num_oov_buckets, hasher_spec, key_dtype)


@export("contrib.lookup.index_to_string_table_from_file")
def index_to_string_table_from_file(
    vocabulary_file: Any,
    vocab_size: int | None = None,
    default_value: str = "UNK",
    name: str | None = None,
    key_column_index: int = TextFileIndex.LINE_NUMBER,
    value_column_index: int = TextFileIndex.WHOLE_LINE,
    delimiter: str = "\t",
) -> StaticHashTableV1:
    """Make a table from numbers to the lines of a text file.

    Args:
      vocabulary_file: a path, or a string tensor.
      vocab_size: how many lines to read; all when None.
      default_value: the word of other numbers.
      name: name of the operations.
      key_column_index: the column of the numbers, or a `TextFileIndex`.
      value_column_index: the column of the words, or a `TextFileIndex`.
      delimiter: what separates columns.

    Returns:
      A table from int64 to string.

    Raises:
      ValueError: no file name, or a number that is too small.
    """
    _check_file(vocabulary_file, vocab_size, "")
    with name_scope(name, "index_to_string"):
        lines = TextFileInitializer(
            vocabulary_file,
            dtypes.int64,
            key_column_index,
            dtypes.string,
            value_column_index,
            vocab_size=vocab_size,
            delimiter=delimiter,
            name="table_init",
        )
        return StaticHashTableV1(lines, default_value)


@export(
    "contrib.lookup.string_to_index", deprecated="index_table_from_tensor(mapping).lookup(tensor)"
)
def string_to_index(
    tensor: Any, mapping: Any, default_value: int = -1, name: str | None = None
) -> Any:
    """Return the numbers that words have in a list; see `index_table_from_tensor`."""
    table = index_table_from_tensor(mapping=mapping, default_value=default_value, name=name)
    return table.lookup(tensor)


@export(
    "contrib.lookup.index_to_string",
    deprecated="index_to_string_table_from_tensor(mapping).lookup(tensor)",
)
def index_to_string(
    tensor: Any, mapping: Any, default_value: str = "UNK", name: str | None = None
) -> Any:
    """Return the words that numbers have in a list; see `index_to_string_table_from_tensor`."""
    table = index_to_string_table_from_tensor(
        mapping=mapping, default_value=default_value, name=name
    )
    return table.lookup(tensor)
