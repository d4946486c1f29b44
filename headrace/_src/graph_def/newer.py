"""What TensorFlow 2 has added to GraphDefs of ops that 1.15 has too.

TensorFlow 2 writes the defaults of all attrs, those that 1.15 does not know included. They say
nothing new, so GraphDefs that carry them are read; at other values they are refused as unknown.
"""

from __future__ import annotations

from typing import Any, Final

from headrace._src.core.opspec import OpSpec

# Attrs that are hints or names: no value of theirs changes what is computed.
_HINTS: Final = frozenset({
    ("MatMul", "grad_a"), ("MatMul", "grad_b"), ("BatchMatMul", "grad_x"),
    ("BatchMatMul", "grad_y"), ("BatchMatMulV2", "grad_x"), ("BatchMatMulV2", "grad_y"),
    ("VarHandleOp", "debug_name"),
})  # fmt: skip

# Attr → its field, its default, and the ops that have it.
_DEFAULTS: Final[dict[str, tuple[str, Any, frozenset[str]]]] = {
    name: (field, value, frozenset(ops.split()))
    for name, field, value, ops in (
        ("explicit_paddings", "list", None, "MaxPool MaxPoolGrad DepthwiseConv2dNative "
         "DepthwiseConv2dNativeBackpropFilter DepthwiseConv2dNativeBackpropInput"),
        ("exponential_avg_factor", "f", 1.0, "FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3"),
        ("validate_shape", "b", False, "AssignVariableOp"),
        ("allowed_devices", "list", None, "VarHandleOp"),
        ("multiply_linear_by_lr", "b", False, "ApplyFtrl ApplyFtrlV2 ResourceApplyFtrl "
         "ResourceApplyFtrlV2 SparseApplyFtrl SparseApplyFtrlV2 ResourceSparseApplyFtrl "
         "ResourceSparseApplyFtrlV2"),
        ("blank_index", "i", -1, "CTCGreedyDecoder"),
        ("shape_type", "type", 3, "ConcatOffset"),
        ("bad_indices_policy", "s", b"", "GatherNd ScatterNd ScatterNdAdd ScatterNdSub "
         "ScatterNdUpdate ScatterNdNonAliasingAdd ResourceScatterNdAdd ResourceScatterNdSub "
         "ResourceScatterNdUpdate TensorScatterAdd TensorScatterSub TensorScatterUpdate"),
        ("allow_missing_files", "b", False, "MergeV2Checkpoints"),
        ("offset", "i", 0, "InitializeTableFromTextFile InitializeTableFromTextFileV2"),
        ("Tsegmentids", "type", 3, "SparseSegmentSum SparseSegmentSumWithNumSegments "
         "SparseSegmentMean SparseSegmentMeanWithNumSegments SparseSegmentMeanGrad "
         "SparseSegmentSqrtN SparseSegmentSqrtNWithNumSegments SparseSegmentSqrtNGrad"),
        ("sparse_gradient", "b", False, "SparseSegmentSum SparseSegmentSumWithNumSegments "
         "SparseSegmentMean SparseSegmentMeanWithNumSegments SparseSegmentSqrtN "
         "SparseSegmentSqrtNWithNumSegments"),
        ("Tshape", "type", 3, "TensorListGetItem"),
        ("resize_if_index_out_of_bounds", "b", False, "TensorListSetItem"),
        ("Tk", "type", 3, "TopKV2"),
        ("index_type", "type", 3, "TopKV2"),
        ("perturb_singular", "b", False, "TridiagonalSolve"),
        ("Treal", "type", 1, "RFFT RFFT2D RFFT3D IRFFT IRFFT2D IRFFT3D"),
        ("Tcomplex", "type", 8, "RFFT RFFT2D RFFT3D IRFFT IRFFT2D IRFFT3D"),
    )
}  # fmt: skip

# Ops that only TensorFlow 2 has and that do nothing here: variables are read by value.
NEWER_OPS: Final = {
    "DisableCopyOnRead": OpSpec("DisableCopyOnRead", "resource: resource ->", {}, {}),
}


def says_nothing(op_type: str, name: str, proto: Any) -> bool:
    """Whether an attr that 1.15 does not know may be left out of a node of this type."""
    if (op_type, name) in _HINTS:
        return True
    known = _DEFAULTS.get(name)
    if known is None or op_type not in known[2]:
        return False
    field, default, _ = known
    if proto.WhichOneof("value") != field:
        return False
    value = getattr(proto, field)
    return not value.ListFields() if field == "list" else bool(value == default)
