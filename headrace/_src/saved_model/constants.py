"""Names of files, collections, tags and signatures in a SavedModel."""

from __future__ import annotations

from typing import Any, Final

from headrace._api.export import export_value

# Names in collections and signatures that only old programs, and only this code, use.
INIT_OP_SIGNATURE_KEY: Final = "__saved_model_init_op"
TRAIN_OP_SIGNATURE_KEY: Final = "__saved_model_train_op"

# Module of 1.x → constant → value.
_VALUES: Final[dict[str, dict[str, Any]]] = {
    "constants": {
        "ASSETS_DIRECTORY": "assets",
        "ASSETS_KEY": "saved_model_assets",
        "LEGACY_INIT_OP_KEY": "legacy_init_op",
        "MAIN_OP_KEY": "saved_model_main_op",
        "SAVED_MODEL_FILENAME_PB": "saved_model.pb",
        "SAVED_MODEL_FILENAME_PBTXT": "saved_model.pbtxt",
        "SAVED_MODEL_SCHEMA_VERSION": 1,
        "VARIABLES_DIRECTORY": "variables",
        "VARIABLES_FILENAME": "variables",
    },
    "tag_constants": {"GPU": "gpu", "SERVING": "serve", "TPU": "tpu", "TRAINING": "train"},
    "signature_constants": {
        "CLASSIFY_INPUTS": "inputs",
        "CLASSIFY_METHOD_NAME": "tensorflow/serving/classify",
        "CLASSIFY_OUTPUT_CLASSES": "classes",
        "CLASSIFY_OUTPUT_SCORES": "scores",
        "DEFAULT_SERVING_SIGNATURE_DEF_KEY": "serving_default",
        "PREDICT_INPUTS": "inputs",
        "PREDICT_METHOD_NAME": "tensorflow/serving/predict",
        "PREDICT_OUTPUTS": "outputs",
        "REGRESS_INPUTS": "inputs",
        "REGRESS_METHOD_NAME": "tensorflow/serving/regress",
        "REGRESS_OUTPUTS": "outputs",
    },
}
_V1_ONLY: Final = ("LEGACY_INIT_OP_KEY", "MAIN_OP_KEY")

for _module, _constants in _VALUES.items():
    for _name, _value in _constants.items():
        _plain = f"saved_model.{_name}"
        globals()[_name] = export_value(
            _value,
            _plain,
            f"saved_model.{_module}.{_name}",
            v2=() if _name in _V1_ONLY else (_plain,),
        )
