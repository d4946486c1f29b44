"""Strings as numbers and as other strings: hash buckets and base 64."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import errors
from headrace._src.core.opspec import OpSpec, op
from headrace._src.core.tensor import Tensor
from headrace._src.ops import _fingerprints
from headrace._src.ops.strings import each

_NO_SLOPE = "strings have no derivative"


def _unchanged(s, input):
    return input


# -- StringToHashBucket, StringToHashBucketFast, StringToHashBucketStrong ----------------------
def _bucket_op(op_type: str, argument: str, **attrs: Any) -> OpSpec:
    return op(
        op_type,
        f"{argument}: string -> output: int64",
        num_buckets=A.integer(minimum=1),
        **attrs,
        host_only=True,
        shape=_unchanged,
    )


StringToHashBucket = _bucket_op("StringToHashBucket", "string_tensor")
StringToHashBucket.no_gradient(_NO_SLOPE)


@StringToHashBucket.kernel
def _kernel_string_to_hash_bucket(k, string_tensor, *, num_buckets):
    return each(lambda t: _fingerprints.murmur(t) % num_buckets, string_tensor, dtype="int64")


StringToHashBucketFast = _bucket_op("StringToHashBucketFast", "input")
StringToHashBucketFast.no_gradient(_NO_SLOPE)


@StringToHashBucketFast.kernel
def _kernel_string_to_hash_bucket_fast(k, input, *, num_buckets):
    return each(lambda t: _fingerprints.farm(t) % num_buckets, input, dtype="int64")


StringToHashBucketStrong = _bucket_op("StringToHashBucketStrong", "input", key=A.integers())
StringToHashBucketStrong.no_gradient(_NO_SLOPE)


@StringToHashBucketStrong.kernel
def _kernel_string_to_hash_bucket_strong(k, input, *, num_buckets, key):
    if len(key) != 2:
        raise errors.InvalidArgumentError(None, None, "Key must have 2 elements")
    return each(lambda t: _fingerprints.sip(t, key) % num_buckets, input, dtype="int64")


@export("strings.to_hash_bucket", "string_to_hash_bucket", v2=())
def string_to_hash_bucket(
    string_tensor: Any = None, num_buckets: Any = None, name: str | None = None, input: Any = None
) -> Tensor:
    """Number strings by a hash that may differ between versions: `hash(t) % num_buckets`.

    Args:
        string_tensor: String tensor.
        num_buckets: How many numbers there are.
        name: Name of the node.
        input: The same as `string_tensor`.

    Returns:
        int64 tensor.
    """
    given = string_tensor if input is None else input
    return StringToHashBucket(given, num_buckets=num_buckets, name=name)


@export(
    "strings.to_hash_bucket_fast", "string_to_hash_bucket_fast", v2=("strings.to_hash_bucket_fast",)
)
def string_to_hash_bucket_fast(input: Any, num_buckets: int, name: str | None = None) -> Tensor:
    """Number strings by a fast hash that never changes: `hash(t) % num_buckets`.

    Args:
        input: String tensor.
        num_buckets: How many numbers there are.
        name: Name of the node.

    Returns:
        int64 tensor.
    """
    return StringToHashBucketFast(input, num_buckets=num_buckets, name=name)


@export(
    "strings.to_hash_bucket_strong",
    "string_to_hash_bucket_strong",
    v2=("strings.to_hash_bucket_strong",),
)
def string_to_hash_bucket_strong(
    input: Any, num_buckets: int, key: Any, name: str | None = None
) -> Tensor:
    """Number strings by a keyed hash, whose collisions nobody without the key can predict.

    Args:
        input: String tensor.
        num_buckets: How many numbers there are.
        key: Two integers.
        name: Name of the node.

    Returns:
        int64 tensor.

    Raises:
        errors.InvalidArgumentError: (run) the key has not two elements.
    """
    return StringToHashBucketStrong(input, num_buckets=num_buckets, key=key, name=name)


# -- EncodeBase64, DecodeBase64 ----------------------------------------------------------------
EncodeBase64 = op(
    "EncodeBase64",
    "input: string -> output: string",
    pad=A.boolean(default=False),
    host_only=True,
    shape=_unchanged,
)
EncodeBase64.no_gradient(_NO_SLOPE)


@EncodeBase64.kernel
def _kernel_encode_base64(k, input, *, pad):
    def encoded(text: bytes) -> bytes:
        code = base64.urlsafe_b64encode(text)
        return code if pad else code.rstrip(b"=")

    return each(encoded, input)


DecodeBase64 = op("DecodeBase64", "input: string -> output: string", host_only=True)
DecodeBase64.shape(_unchanged)
DecodeBase64.no_gradient(_NO_SLOPE)


def _decoded(code: bytes) -> bytes:
    bare = code.rstrip(b"=") if len(code) % 4 == 0 else code
    if len(bare) % 4 == 1:
        raise errors.InvalidArgumentError(None, None, "Base64 string length cannot be 1 modulo 4.")
    try:
        return base64.b64decode(bare + b"=" * (-len(bare) % 4), b"-_", validate=True)
    except binascii.Error:
        raise errors.InvalidArgumentError(
            None, None, "Invalid character found in base64."
        ) from None


@DecodeBase64.kernel
def _kernel_decode_base64(k, input):
    return each(_decoded, input)


@export("io.encode_base64", "encode_base64", v2=("io.encode_base64",))
def encode_base64(input: Any, pad: bool = False, name: str | None = None) -> Tensor:
    """Encode strings in the URL-safe base 64.

    Args:
        input: String tensor.
        pad: Whether to fill up with `=`.
        name: Name of the node.

    Returns:
        String tensor.
    """
    return EncodeBase64(input, pad=pad, name=name)


@export("io.decode_base64", "decode_base64", v2=("io.decode_base64",))
def decode_base64(input: Any, name: str | None = None) -> Tensor:
    """Decode strings from the URL-safe base 64.

    Args:
        input: String tensor; padding may be left out.
        name: Name of the node.

    Returns:
        String tensor.

    Raises:
        errors.InvalidArgumentError: (run) a string is no such code.
    """
    return DecodeBase64(input, name=name)
