"""Boxes picked by score, without those that lie on better ones: NonMaxSuppression*."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor

_FLOATS = (dtypes.float16, dtypes.float32)
_NO_GRADIENT = "which boxes are picked has no derivative"


def _refuse(message: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, message)


def _type() -> Any:
    return A.dtype(_FLOATS, default=dtypes.float32)


def _overlap_of(boxes: np.ndarray) -> Callable[[int, np.ndarray], np.ndarray]:
    """A function that gives the overlap of one box with others: common area by joint area."""
    boxes = boxes.astype(np.float32)
    top, bottom = np.minimum(boxes[:, 0], boxes[:, 2]), np.maximum(boxes[:, 0], boxes[:, 2])
    left, right = np.minimum(boxes[:, 1], boxes[:, 3]), np.maximum(boxes[:, 1], boxes[:, 3])
    area = (bottom - top) * (right - left)

    def overlap(i: int, others: np.ndarray) -> np.ndarray:
        height = np.minimum(bottom[i], bottom[others]) - np.maximum(top[i], top[others])
        width = np.minimum(right[i], right[others]) - np.maximum(left[i], left[others])
        common = np.maximum(height, 0) * np.maximum(width, 0)
        joint = area[i] + area[others] - common
        empty = (area[i] <= 0) | (area[others] <= 0)
        return np.where(empty, np.float32(0), common / np.where(empty, np.float32(1), joint))

    return overlap


def _pick(
    scores: np.ndarray,
    limit: int,
    overlap: Callable[[int, np.ndarray], np.ndarray],
    most: float,
    least: float,
) -> list[int]:
    """Indices of the picked boxes, best first; of equal scores the first box counts."""
    order = np.argsort(-scores, kind="stable")
    picked: list[int] = []
    for i in order.tolist():
        if len(picked) >= limit or not scores[i] > least:
            break
        if picked and (overlap(i, np.array(picked)) > most).any():
            continue
        picked.append(i)
    return picked


def _pick_softly(
    scores: np.ndarray,
    limit: int,
    overlap: Callable[[int, np.ndarray], np.ndarray],
    most: float,
    least: float,
    sigma: float,
) -> tuple[list[int], list[Any]]:
    """Boxes and scores where overlapping by less than `most` lowers the score."""
    scale = np.float32(-0.5) / np.float32(sigma)
    heap = [(-s, i, 0) for i, s in enumerate(scores.astype(np.float32)) if s > least]
    heapq.heapify(heap)
    picked: list[int] = []
    kept: list[Any] = []
    while heap and len(picked) < limit:
        negative, i, seen = heapq.heappop(heap)
        before = score = -negative
        for j in reversed(range(seen, len(picked))):
            similar = np.float32(overlap(i, np.array([picked[j]]))[0])
            score = score * np.exp(scale * similar * similar) if similar <= most else None
            if score is None or score <= least:
                break
        if score is None:
            continue
        if score == before:
            picked.append(i)
            kept.append(score)
        elif score > least:
            heapq.heappush(heap, (-score, i, len(picked)))
    return picked, kept


def _check_boxes(boxes: Any, scores: Any, most: float) -> None:
    if not 0 <= most <= 1:
        raise _refuse("iou_threshold must be in [0, 1]")
    if np.ndim(boxes) != 2 or boxes.shape[1] != 4:
        raise _refuse("boxes must have 4 columns")
    if len(scores) != len(boxes):
        raise _refuse("scores has incompatible shape")


def _check_dims(boxes: Any, scores: Any, *scalars: Any) -> None:
    number, four = dims_lib.with_rank(boxes, 2)
    dims_lib.merge_dim(number, dims_lib.with_rank(scores, 1)[0])
    for scalar in scalars:
        dims_lib.with_rank(scalar, 0)
    dims_lib.with_value(four, 4)


def _length(s: Any, padded: bool) -> Any:
    limit = s.value(2)
    return (int(limit) if padded and limit is not None else None,)


def _filled(picked: list[Any], limit: int, padded: bool, dtype: Any) -> np.ndarray:
    out = np.zeros(limit if padded else len(picked), dtype)
    out[: len(picked)] = picked
    return out


# -- NonMaxSuppressionV3 -----------------------------------------------------------------------
NonMaxSuppressionV3 = op(
    "NonMaxSuppressionV3",
    "boxes: T, scores: T, max_output_size: int32, iou_threshold: T_threshold, "
    "score_threshold: T_threshold -> selected_indices: int32",
    T=_type(),
    T_threshold=_type(),
    host_only=True,
)
NonMaxSuppressionV3.no_gradient(_NO_GRADIENT, undefined=True)


@NonMaxSuppressionV3.shape
def _shape_non_max_suppression(s, boxes, scores, limit, most, least):
    _check_dims(boxes, scores, limit, most, least)
    return (None,)


@NonMaxSuppressionV3.kernel
def _kernel_non_max_suppression(k, boxes, scores, max_output_size, iou_threshold, score_threshold):
    most, least = float(iou_threshold), float(score_threshold)
    _check_boxes(boxes, scores, most)
    return np.array(_pick(scores, int(max_output_size), _overlap_of(boxes), most, least), np.int32)


@export("image.non_max_suppression")
def non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    name: str | None = None,
) -> Tensor:
    """Pick boxes by score, without those that overlap too much with a better one.

    Args:
      boxes: float tensor [boxes, 4]: two opposite corners y1, x1, y2, x2.
      scores: float tensor [boxes].
      max_output_size: int32 scalar: how many to pick at most.
      iou_threshold: float scalar: how much of the joint area two picked boxes may share.
      score_threshold: float scalar: scores must be greater.
      name: name of the operations.

    Returns:
      int32 tensor [picked]: indices of boxes, best first.

    Raises:
      InvalidArgumentError: (run) shapes that do not fit, a threshold out of range.
    """
    with name_scope(name, "non_max_suppression"):
        iou_threshold = convert_to_tensor(iou_threshold, name="iou_threshold")
        score_threshold = convert_to_tensor(score_threshold, name="score_threshold")
        made: Tensor = NonMaxSuppressionV3(
            boxes, scores, max_output_size, iou_threshold, score_threshold
        )
        return made


# -- NonMaxSuppressionV4 -----------------------------------------------------------------------
NonMaxSuppressionV4 = op(
    "NonMaxSuppressionV4",
    "boxes: T, scores: T, max_output_size: int32, iou_threshold: T_threshold, "
    "score_threshold: T_threshold -> selected_indices: int32, valid_outputs: int32",
    T=_type(),
    T_threshold=_type(),
    pad_to_max_output_size=A.boolean(default=False),
    host_only=True,
)
NonMaxSuppressionV4.no_gradient(_NO_GRADIENT, undefined=True)


@NonMaxSuppressionV4.shape
def _shape_non_max_suppression_v4(s, boxes, scores, limit, most, least, *, pad_to_max_output_size):
    _check_dims(boxes, scores, limit, most, least)
    return [_length(s, pad_to_max_output_size), ()]


@NonMaxSuppressionV4.kernel
def _kernel_non_max_suppression_v4(
    k, boxes, scores, max_output_size, iou_threshold, score_threshold, *, pad_to_max_output_size
):
    most, least, limit = float(iou_threshold), float(score_threshold), int(max_output_size)
    _check_boxes(boxes, scores, most)
    picked = _pick(scores, limit, _overlap_of(boxes), most, least)
    out = _filled(picked, limit, pad_to_max_output_size, np.int32)
    return [out, np.int32(len(picked))]


@export("image.non_max_suppression_padded")
def non_max_suppression_padded(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    pad_to_max_output_size: bool = False,
    name: str | None = None,
) -> Any:
    """Pick boxes as `tf.image.non_max_suppression` does, and say how many.

    Args:
      boxes: float tensor [boxes, 4].
      scores: float tensor [boxes].
      max_output_size: int32 scalar.
      iou_threshold: float scalar.
      score_threshold: float scalar.
      pad_to_max_output_size: whether to fill the indices with zeros.
      name: name of the operations.

    Returns:
      (int32 indices, int32 scalar: how many of them were picked).
    """
    with name_scope(name, "non_max_suppression_padded"):
        iou_threshold = convert_to_tensor(iou_threshold, name="iou_threshold")
        score_threshold = convert_to_tensor(score_threshold, name="score_threshold")
        return NonMaxSuppressionV4(
            boxes,
            scores,
            max_output_size,
            iou_threshold,
            score_threshold,
            pad_to_max_output_size=pad_to_max_output_size,
        )


# -- NonMaxSuppressionV5 -----------------------------------------------------------------------
NonMaxSuppressionV5 = op(
    "NonMaxSuppressionV5",
    "boxes: T, scores: T, max_output_size: int32, iou_threshold: T, score_threshold: T, "
    "soft_nms_sigma: T -> selected_indices: int32, selected_scores: T, valid_outputs: int32",
    T=_type(),
    pad_to_max_output_size=A.boolean(default=False),
    host_only=True,
)
NonMaxSuppressionV5.no_gradient(_NO_GRADIENT, undefined=True)


@NonMaxSuppressionV5.shape
def _shape_non_max_suppression_v5(
    s, boxes, scores, limit, most, least, sigma, *, pad_to_max_output_size
):
    _check_dims(boxes, scores, limit, most, least, sigma)
    length = _length(s, pad_to_max_output_size)
    return [length, length, ()]


@NonMaxSuppressionV5.kernel
def _kernel_non_max_suppression_v5(
    k,
    boxes,
    scores,
    max_output_size,
    iou_threshold,
    score_threshold,
    soft_nms_sigma,
    *,
    pad_to_max_output_size,
):
    most, least, limit = float(iou_threshold), float(score_threshold), int(max_output_size)
    sigma = float(soft_nms_sigma)
    _check_boxes(boxes, scores, most)
    if sigma < 0:
        raise _refuse("soft_nms_sigma_val must be non-negative")
    if sigma:
        picked, kept = _pick_softly(scores, limit, _overlap_of(boxes), most, least, sigma)
    else:
        picked = _pick(scores, limit, _overlap_of(boxes), most, least)
        kept = [scores[i] for i in picked]
    return [
        _filled(picked, limit, pad_to_max_output_size, np.int32),
        _filled(kept, limit, pad_to_max_output_size, scores.dtype),
        np.int32(len(picked)),
    ]


@export("image.non_max_suppression_with_scores")
def non_max_suppression_with_scores(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    soft_nms_sigma: Any = 0.0,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """Pick boxes by score, lowering the scores of those that overlap with a better one.

    Args:
      boxes: float tensor [boxes, 4].
      scores: float tensor [boxes].
      max_output_size: int32 scalar.
      iou_threshold: float scalar.
      score_threshold: float scalar.
      soft_nms_sigma: float scalar: a score is multiplied by `exp(-overlap^2 / (2 sigma))`; with 0
        boxes are ruled out instead.
      name: name of the operations.

    Returns:
      (int32 indices, scores as they are at last).
    """
    with name_scope(name, "non_max_suppression_with_scores"):
        iou_threshold = convert_to_tensor(iou_threshold, name="iou_threshold")
        score_threshold = convert_to_tensor(score_threshold, name="score_threshold")
        soft_nms_sigma = convert_to_tensor(soft_nms_sigma, name="soft_nms_sigma")
        indices, kept, _ = NonMaxSuppressionV5(
            boxes,
            scores,
            max_output_size,
            iou_threshold,
            score_threshold,
            soft_nms_sigma,
            pad_to_max_output_size=False,
        )
        return indices, kept


# -- NonMaxSuppressionWithOverlaps -------------------------------------------------------------
NonMaxSuppressionWithOverlaps = op(
    "NonMaxSuppressionWithOverlaps",
    "overlaps: float, scores: float, max_output_size: int32, overlap_threshold: float, "
    "score_threshold: float -> selected_indices: int32",
    host_only=True,
)
NonMaxSuppressionWithOverlaps.no_gradient(_NO_GRADIENT)


@NonMaxSuppressionWithOverlaps.shape
def _shape_with_overlaps(s, overlaps, scores, limit, most, least):
    rows, columns = dims_lib.with_rank(overlaps, 2)
    rows = dims_lib.merge_dim(rows, dims_lib.with_rank(scores, 1)[0])
    for scalar in (limit, most, least):
        dims_lib.with_rank(scalar, 0)
    dims_lib.merge_dim(rows, columns)
    return (None,)


@NonMaxSuppressionWithOverlaps.kernel
def _kernel_with_overlaps(k, overlaps, scores, max_output_size, overlap_threshold, score_threshold):
    if overlaps.ndim != 2 or overlaps.shape[0] != overlaps.shape[1]:
        raise _refuse("overlaps must be square")
    if len(scores) != len(overlaps):
        raise _refuse("scores has incompatible shape")
    picked = _pick(
        scores,
        int(max_output_size),
        lambda i, others: overlaps[i, others],
        float(overlap_threshold),
        float(score_threshold),
    )
    return np.array(picked, np.int32)


@export("image.non_max_suppression_overlaps")
def non_max_suppression_with_overlaps(
    overlaps: Any,
    scores: Any,
    max_output_size: Any,
    overlap_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    name: str | None = None,
) -> Tensor:
    """Pick boxes by score where overlaps are given.

    Args:
      overlaps: float32 tensor [boxes, boxes].
      scores: float32 tensor [boxes].
      max_output_size: int32 scalar.
      overlap_threshold: float scalar: how much two picked boxes may overlap.
      score_threshold: float scalar.
      name: name of the operations.

    Returns:
      int32 tensor [picked]: indices of boxes, best first.
    """
    with name_scope(name, "non_max_suppression_overlaps"):
        overlap_threshold = convert_to_tensor(overlap_threshold, name="overlap_threshold")
        made: Tensor = NonMaxSuppressionWithOverlaps(
            overlaps, scores, max_output_size, overlap_threshold, score_threshold
        )
        return made
