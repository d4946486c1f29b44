"""`GraphKeys`: the names of the collections that the library itself reads and fills."""

from __future__ import annotations

from typing import Final

from headrace._api.export import export


@export("GraphKeys", v2=())
class GraphKeys:
    """Names of standard graph collections, for `tf.get_collection` and `tf.add_to_collection`.

    The values are part of the format: a `MetaGraphDef` holds collections under these names.
    """

    # Variables. The value of the first one is from before there were local variables.
    GLOBAL_VARIABLES: Final = "variables"
    LOCAL_VARIABLES: Final = "local_variables"
    METRIC_VARIABLES: Final = "metric_variables"
    MODEL_VARIABLES: Final = "model_variables"
    TRAINABLE_VARIABLES: Final = "trainable_variables"
    MOVING_AVERAGE_VARIABLES: Final = "moving_average_variables"
    CONCATENATED_VARIABLES: Final = "concatenated_variables"
    TRAINABLE_RESOURCE_VARIABLES: Final = "trainable_resource_variables"
    # 1.15 warns at each use of this older name of GLOBAL_VARIABLES; the value is the same.
    VARIABLES: Final = "variables"

    # What a Supervisor, a Scaffold or a Saver looks for.
    SUMMARIES: Final = "summaries"
    QUEUE_RUNNERS: Final = "queue_runners"
    TABLE_INITIALIZERS: Final = "table_initializer"
    ASSET_FILEPATHS: Final = "asset_filepaths"
    SAVERS: Final = "savers"
    SAVEABLE_OBJECTS: Final = "saveable_objects"
    GLOBAL_STEP: Final = "global_step"
    EVAL_STEP: Final = "eval_step"
    TRAIN_OP: Final = "train_op"
    INIT_OP: Final = "init_op"
    LOCAL_INIT_OP: Final = "local_init_op"
    READY_OP: Final = "ready_op"
    READY_FOR_LOCAL_INIT_OP: Final = "ready_for_local_init_op"
    SUMMARY_OP: Final = "summary_op"

    # Parts of a model.
    WEIGHTS: Final = "weights"
    BIASES: Final = "biases"
    ACTIVATIONS: Final = "activations"
    UPDATE_OPS: Final = "update_ops"
    LOSSES: Final = "losses"
    REGULARIZATION_LOSSES: Final = "regularization_losses"

    # Other state, and control flow contexts.
    RESOURCES: Final = "resources"
    LOCAL_RESOURCES: Final = "local_resources"
    COND_CONTEXT: Final = "cond_context"
    WHILE_CONTEXT: Final = "while_context"
    _STREAMING_MODEL_PORTS: Final = "streaming_model_ports"
    _SUMMARY_COLLECTION: Final = "_SUMMARY_V2"

    # The collections whose items are written to a MetaGraphDef as VariableDefs.
    _VARIABLE_COLLECTIONS: Final = (
        GLOBAL_VARIABLES,
        LOCAL_VARIABLES,
        METRIC_VARIABLES,
        MODEL_VARIABLES,
        TRAINABLE_VARIABLES,
        MOVING_AVERAGE_VARIABLES,
        CONCATENATED_VARIABLES,
        TRAINABLE_RESOURCE_VARIABLES,
    )
