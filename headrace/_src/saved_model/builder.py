"""Writing a SavedModel."""

from __future__ import annotations

import os
from typing import Any

from headrace._api.export import export
from headrace._src.core.graph import add_to_collection, get_collection
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.operation import Operation
from headrace._src.platform import logging
from headrace._src.proto import graph_io
from headrace._src.saved_model import assets, constants
from headrace._src.saved_model.signature_def import predict_signature_def
from headrace._src.state import collections
from headrace._src.train.saver import Saver
from headrace._src.train.saver_builder import V2

_RESERVED = {
    constants.INIT_OP_SIGNATURE_KEY: "initialization",
    constants.TRAIN_OP_SIGNATURE_KEY: "the train op",
}


@export("saved_model.Builder", "saved_model.builder.SavedModelBuilder", v2=())
class SavedModelBuilder:
    """Write graphs, variables and assets to a folder that servers and other programs read.

    Args:
      export_dir: the folder; it is made when it is not there.

    Raises:
      AssertionError: the folder holds something.
    """

    def __init__(self, export_dir: Any) -> None:
        from headrace._src.proto import messages

        self._saved_model = messages.SavedModel(
            saved_model_schema_version=constants.SAVED_MODEL_SCHEMA_VERSION
        )
        self._export_dir = os.fsdecode(export_dir)
        if not os.path.exists(self._export_dir):
            os.makedirs(self._export_dir)
        elif os.listdir(self._export_dir):
            raise AssertionError(
                "Export directory already exists, and isn't empty. Please choose a different "
                "export directory, or delete all the contents of the specified directory: "
                f"{self._export_dir}"
            )
        self._has_saved_variables = False

    def add_meta_graph(
        self,
        tags: Any,
        signature_def_map: Any = None,
        assets_collection: Any = None,
        legacy_init_op: Any = None,
        clear_devices: bool = False,
        main_op: Any = None,
        strip_default_attrs: bool = False,
        saver: Any = None,
    ) -> None:
        """Adds the default graph, for the variables that are saved already.

        See `add_meta_graph_and_variables` for the arguments.

        Raises:
          AssertionError: no variables are saved yet.
        """
        if not self._has_saved_variables:
            raise AssertionError(
                "Graph state including variables and assets has not been saved yet. Please invoke "
                "`add_meta_graph_and_variables()` first."
            )
        _check_signatures(signature_def_map or {})
        self._add_collections(assets_collection, main_op or legacy_init_op)
        self._export(saver or _saver(), tags, signature_def_map, clear_devices, strip_default_attrs)

    def add_meta_graph_and_variables(
        self,
        sess: Any,
        tags: Any,
        signature_def_map: Any = None,
        assets_collection: Any = None,
        legacy_init_op: Any = None,
        clear_devices: bool = False,
        main_op: Any = None,
        strip_default_attrs: bool = False,
        saver: Any = None,
    ) -> None:
        """Saves the variables, and adds the default graph.

        Args:
          sess: the session that holds the values.
          tags: list of strings by which the graph is found.
          signature_def_map: dict name → `SignatureDef`.
          assets_collection: list of string constants that name files to take along.
          legacy_init_op: older name of `main_op`.
          clear_devices: whether devices are left out.
          main_op: operation to run when the graph is loaded.
          strip_default_attrs: whether attrs with default values are left out.
          saver: saves and restores the variables; one for all variables by default.

        Raises:
          AssertionError: variables are saved already, or a signature is not complete.
          KeyError: a signature has a reserved name.
          TypeError: `main_op` is no operation, or an asset no string constant.
          ValueError: the graph has such an operation already.
        """
        if self._has_saved_variables:
            raise AssertionError(
                "Graph state including variables and assets has already been saved. Please invoke "
                "`add_meta_graph()` instead."
            )
        _check_signatures(signature_def_map or {})
        self._add_collections(assets_collection, main_op or legacy_init_op)
        folder = os.path.join(self._export_dir, constants.VARIABLES_DIRECTORY)
        os.makedirs(folder, exist_ok=True)
        saver = saver or _saver()
        path = os.path.join(folder, constants.VARIABLES_FILENAME)
        # The list of checkpoints would be wrong as soon as the folder is moved.
        saver.save(sess, path, write_meta_graph=False, write_state=False)
        self._export(saver, tags, signature_def_map, clear_devices, strip_default_attrs)
        self._has_saved_variables = True

    def save(self, as_text: bool = False) -> bytes:
        """Writes the graphs, as text if `as_text`.

        Returns:
          The path of the file.
        """
        name = (
            constants.SAVED_MODEL_FILENAME_PBTXT if as_text else constants.SAVED_MODEL_FILENAME_PB
        )
        path = graph_io.write_graph(self._saved_model, self._export_dir, name, as_text=as_text)
        logging.info("SavedModel written to: %s", path)
        return os.fsencode(path)

    def _add_collections(self, assets_collection: Any, main_op: Any) -> None:
        assets.save_assets(assets_collection, self._export_dir)
        if main_op is None:
            return
        if not isinstance(main_op, Operation):
            raise TypeError(f"main_op needs to be an Operation: {main_op!r}")
        for key in (constants.MAIN_OP_KEY, constants.LEGACY_INIT_OP_KEY):
            if get_collection(key):
                raise ValueError(
                    f"Graph already contains one or more main ops under the collection {key}."
                )
        add_to_collection(constants.MAIN_OP_KEY, main_op)

    def _export(
        self, saver: Any, tags: Any, signatures: Any, clear_devices: bool, strip: bool
    ) -> None:
        meta = saver.export_meta_graph(clear_devices=clear_devices, strip_default_attrs=strip)
        meta.meta_info_def.tags.extend(tags)
        for key in signatures or ():
            meta.signature_def[key].CopyFrom(signatures[key])
        self._saved_model.meta_graphs.add().CopyFrom(meta)


def _saver() -> Saver:
    variables = collections.all_saveable_objects()
    return Saver(variables, sharded=True, write_version=V2, allow_empty=True)


def _check_signatures(signatures: Any) -> None:
    for key in signatures:
        for infos in (signatures[key].inputs, signatures[key].outputs):
            for name in infos:
                _check_tensor_info(infos[name])
    for key, purpose in _RESERVED.items():
        if key in signatures:
            raise KeyError(
                f'SignatureDef map key "{key}" is reserved for {purpose}. Please use a different '
                "key."
            )


def _check_tensor_info(info: Any) -> None:
    encoding = info.WhichOneof("encoding")
    if encoding is None:
        raise AssertionError(
            "All TensorInfo protos used in the SignatureDefs must have one of the 'encoding' "
            f"fields (e.g., name or coo_sparse) set: {info}"
        )
    if encoding == "composite_tensor":
        for component in info.composite_tensor.components:
            _check_tensor_info(component)
    elif not info.dtype:
        raise AssertionError(
            f"All TensorInfo protos used in the SignatureDefs must have the dtype field set: {info}"
        )


@export("saved_model.simple_save", v2=(), deprecated="tf.compat.v1.saved_model.simple_save")
def simple_save(
    session: Any, export_dir: Any, inputs: Any, outputs: Any, legacy_init_op: Any = None
) -> None:
    """Write the default graph as a SavedModel for predictions.

    Args:
      session: the session that holds the values of the variables.
      export_dir: the folder.
      inputs: dict name → tensor.
      outputs: dict name → tensor.
      legacy_init_op: operation to run when the graph is loaded.

    Raises:
      AssertionError: the folder holds something.
      ValueError: there are no inputs or no outputs.
    """
    key = constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY
    signatures = {key: predict_signature_def(inputs, outputs)}
    builder = SavedModelBuilder(export_dir)
    builder.add_meta_graph_and_variables(
        session,
        tags=[constants.SERVING],
        signature_def_map=signatures,
        assets_collection=get_collection(GraphKeys.ASSET_FILEPATHS),
        main_op=legacy_init_op,
        clear_devices=True,
    )
    builder.save()
