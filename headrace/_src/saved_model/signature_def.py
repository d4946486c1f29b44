"""Signatures: names for the inputs and outputs of a graph, and what they are for."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.tensor import Tensor
from headrace._src.saved_model import constants
from headrace._src.saved_model.tensor_info import build_tensor_info

_STRING = dtypes.string.as_datatype_enum
_FLOAT = dtypes.float32.as_datatype_enum


@export(
    "saved_model.build_signature_def", "saved_model.signature_def_utils.build_signature_def", v2=()
)
def build_signature_def(inputs: Any = None, outputs: Any = None, method_name: Any = None) -> Any:
    """Make a `SignatureDef`.

    Args:
      inputs: dict name → `TensorInfo`.
      outputs: dict name → `TensorInfo`.
      method_name: what the signature is for.

    Returns:
      A `SignatureDef` protocol buffer.
    """
    from headrace._src.proto import messages

    made = messages.SignatureDef()
    for field, given in ((made.inputs, inputs), (made.outputs, outputs)):
        for name in given or ():
            field[name].CopyFrom(given[name])
    if method_name is not None:
        made.method_name = method_name
    return made


def _check_examples(examples: Any, kind: str) -> Any:
    if examples is None:
        raise ValueError(f"{kind} examples cannot be None.")
    if not isinstance(examples, Tensor):
        raise ValueError(f"{kind} examples must be a string Tensor.")


def _info(tensor: Any, dtype: int, message: str) -> Any:
    info = build_tensor_info(tensor)
    if info.dtype != dtype:
        raise ValueError(message)
    return info


@export(
    "saved_model.regression_signature_def",
    "saved_model.signature_def_utils.regression_signature_def",
    v2=(),
)
def regression_signature_def(examples: Any, predictions: Any) -> Any:
    """Make the signature of a regression.

    Args:
      examples: string tensor of serialized `tf.train.Example`s.
      predictions: float32 tensor.

    Returns:
      A `SignatureDef`.

    Raises:
      ValueError: a tensor is missing or of another dtype.
    """
    _check_examples(examples, "Regression")
    if predictions is None:
        raise ValueError("Regression predictions cannot be None.")
    given = _info(examples, _STRING, "Regression examples must be a string Tensor.")
    made = _info(predictions, _FLOAT, "Regression output must be a float Tensor.")
    return build_signature_def(
        {constants.REGRESS_INPUTS: given},
        {constants.REGRESS_OUTPUTS: made},
        constants.REGRESS_METHOD_NAME,
    )


@export(
    "saved_model.classification_signature_def",
    "saved_model.signature_def_utils.classification_signature_def",
    v2=(),
)
def classification_signature_def(examples: Any, classes: Any, scores: Any) -> Any:
    """Make the signature of a classification.

    Args:
      examples: string tensor of serialized `tf.train.Example`s.
      classes: string tensor of labels, or None.
      scores: float32 tensor, or None.

    Returns:
      A `SignatureDef`.

    Raises:
      ValueError: a tensor is missing or of another dtype.
    """
    _check_examples(examples, "Classification")
    if classes is None and scores is None:
        raise ValueError("Classification classes and scores cannot both be None.")
    given = _info(examples, _STRING, "Classification examples must be a string Tensor.")
    outputs = {}
    if classes is not None:
        message = "Classification classes must be a string Tensor."
        outputs[constants.CLASSIFY_OUTPUT_CLASSES] = _info(classes, _STRING, message)
    if scores is not None:
        message = "Classification scores must be a float Tensor."
        outputs[constants.CLASSIFY_OUTPUT_SCORES] = _info(scores, _FLOAT, message)
    return build_signature_def(
        {constants.CLASSIFY_INPUTS: given}, outputs, constants.CLASSIFY_METHOD_NAME
    )


@export(
    "saved_model.predict_signature_def",
    "saved_model.signature_def_utils.predict_signature_def",
    v2=(),
)
def predict_signature_def(inputs: Any, outputs: Any) -> Any:
    """Make the signature of a prediction.

    Args:
      inputs: dict name → tensor.
      outputs: dict name → tensor.

    Returns:
      A `SignatureDef`.

    Raises:
      ValueError: there are no inputs or no outputs.
    """
    if not inputs:
        raise ValueError("Prediction inputs cannot be None or empty.")
    if not outputs:
        raise ValueError("Prediction outputs cannot be None or empty.")
    return build_signature_def(
        {name: build_tensor_info(tensor) for name, tensor in inputs.items()},
        {name: build_tensor_info(tensor) for name, tensor in outputs.items()},
        constants.PREDICT_METHOD_NAME,
    )


@export(
    "saved_model.is_valid_signature", "saved_model.signature_def_utils.is_valid_signature", v2=()
)
def is_valid_signature(signature_def: Any) -> bool:
    """Tell whether a signature is one that a server of models can use.

    Args:
      signature_def: a `SignatureDef`, or None.
    """
    if signature_def is None:
        return False
    inputs = {name: info.dtype for name, info in signature_def.inputs.items()}
    outputs = {name: info.dtype for name, info in signature_def.outputs.items()}
    method = signature_def.method_name
    if method == constants.PREDICT_METHOD_NAME:
        return bool(inputs) and bool(outputs)
    if method == constants.REGRESS_METHOD_NAME:
        return inputs == {constants.REGRESS_INPUTS: _STRING} and outputs == {
            constants.REGRESS_OUTPUTS: _FLOAT
        }
    if method == constants.CLASSIFY_METHOD_NAME:
        allowed = {
            constants.CLASSIFY_OUTPUT_CLASSES: _STRING,
            constants.CLASSIFY_OUTPUT_SCORES: _FLOAT,
        }
        return (
            inputs == {constants.CLASSIFY_INPUTS: _STRING}
            and bool(outputs)
            and outputs.items() <= allowed.items()
        )
    return False
