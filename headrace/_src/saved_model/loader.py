"""Loading a SavedModel into a session."""

from __future__ import annotations

import os
from typing import Any

from headrace._api.export import export
from headrace._src.core import errors
from headrace._src.core.graph import get_collection, get_default_graph
from headrace._src.platform import logging
from headrace._src.saved_model import constants
from headrace._src.state import collections
from headrace._src.state.variable import with_scope
from headrace._src.train import meta_graph_import
from headrace._src.train.saver import Saver


def parse_saved_model(export_dir: Any) -> Any:
    """The `SavedModel` message in a folder.

    Raises:
      IOError: there is none, or it cannot be read.
    """
    from google.protobuf import message, text_format

    from headrace._src.proto import messages

    folder = os.fsdecode(export_dir)
    path = os.path.join(folder, constants.SAVED_MODEL_FILENAME_PB)
    text_path = os.path.join(folder, constants.SAVED_MODEL_FILENAME_PBTXT)
    made = messages.SavedModel()
    if os.path.exists(path):
        with open(path, "rb") as file:
            content = file.read()
        try:
            made.ParseFromString(content)
        except message.DecodeError as error:
            raise OSError(f"Cannot parse file {path.encode()!r}: {error}.") from None
        return made
    if os.path.exists(text_path):
        with open(text_path, "rb") as file:
            content = file.read()
        try:
            return text_format.Parse(content.decode(), made, descriptor_pool=messages.pool())
        except (text_format.ParseError, UnicodeDecodeError) as error:
            raise OSError(f"Cannot parse file {text_path.encode()!r}: {error}.") from None
    raise OSError(
        f"SavedModel file does not exist at: {folder}/{{{constants.SAVED_MODEL_FILENAME_PBTXT}|"
        f"{constants.SAVED_MODEL_FILENAME_PB}}}"
    )


@export(
    "saved_model.contains_saved_model",
    "saved_model.maybe_saved_model_directory",
    "saved_model.loader.maybe_saved_model_directory",
    v2=("saved_model.contains_saved_model",),
)
def maybe_saved_model_directory(export_dir: Any) -> bool:
    """Tell whether a folder seems to hold a SavedModel.

    Args:
      export_dir: the folder.
    """
    names = (constants.SAVED_MODEL_FILENAME_PBTXT, constants.SAVED_MODEL_FILENAME_PB)
    return any(os.path.exists(os.path.join(os.fsdecode(export_dir), name)) for name in names)


@export(
    "saved_model.load",
    "saved_model.loader.load",
    v2=(),
    deprecated="tf.compat.v1.saved_model.load",
)
def load(
    sess: Any, tags: Any, export_dir: Any, import_scope: str | None = None, **saver_kwargs: Any
) -> Any:
    """Add a graph of a SavedModel to that of a session, and give its variables their values.

    Args:
      sess: the session.
      tags: the tags of the wanted graph, all of them.
      export_dir: the folder of the SavedModel.
      import_scope: name scope for the nodes; the names in the result are without it.
      **saver_kwargs: further arguments of `tf.train.import_meta_graph`.

    Returns:
      The `MetaGraphDef`, with the signatures.

    Raises:
      IOError: there is no SavedModel, or it cannot be read.
      RuntimeError: no graph has these tags.
    """
    return SavedModelLoader(export_dir).load(sess, tags, import_scope, **saver_kwargs)


class SavedModelLoader:
    """A SavedModel whose graphs can be loaded one by one.

    Args:
      export_dir: the folder of the SavedModel.

    Raises:
      IOError: there is none, or it cannot be read.
    """

    def __init__(self, export_dir: Any) -> None:
        self._export_dir = os.fsdecode(export_dir)
        self._saved_model = parse_saved_model(export_dir)

    @property
    def export_dir(self) -> str:
        """The folder."""
        return self._export_dir

    @property
    def variables_path(self) -> str:
        """The checkpoint of the variables."""
        return os.path.join(
            self._export_dir, constants.VARIABLES_DIRECTORY, constants.VARIABLES_FILENAME
        )

    @property
    def saved_model(self) -> Any:
        """The `SavedModel` message."""
        return self._saved_model

    def get_meta_graph_def_from_tags(self, tags: Any) -> Any:
        """The `MetaGraphDef` with exactly these tags.

        Raises:
          RuntimeError: there is none.
        """
        available = []
        for meta in self._saved_model.meta_graphs:
            found = set(meta.meta_info_def.tags)
            if found == set(tags):
                return meta
            available.append(found)
        raise RuntimeError(
            f"MetaGraphDef associated with tags {str(tags).strip('[]')} could not be found in "
            "SavedModel. To inspect available tag-sets in the SavedModel, please use the "
            f"SavedModel CLI: `saved_model_cli`\navailable_tags: {available}"
        )

    def load_graph(
        self, graph: Any, tags: Any, import_scope: str | None = None, **saver_kwargs: Any
    ) -> tuple[Saver | None, Any]:
        """Adds the nodes and collections to `graph`; returns the saver and elements asked for."""
        meta = self.get_meta_graph_def_from_tags(tags)
        with graph.as_default():
            return meta_graph_import._import_meta_graph_with_return_elements(
                meta, import_scope=import_scope, **saver_kwargs
            )

    def restore_variables(self, sess: Any, saver: Any, import_scope: str | None = None) -> None:
        """Gives the variables their values.

        Raises:
          ValueError: there are variables and no saver.
        """
        with sess.graph.as_default():
            if saver is None and not collections.all_saveable_objects(scope=import_scope):
                logging.info(
                    "The specified SavedModel has no variables; no checkpoints were restored."
                )
            elif isinstance(saver, Saver):
                saver.restore(sess, self.variables_path)
            else:
                raise ValueError(
                    "No tf.train.Saver object was passed to the function "
                    "SavedModelLoader.restore_variables. Since there are variables in the graph, "
                    "a saver is required."
                )

    def run_init_ops(self, sess: Any, tags: Any, import_scope: str | None = None) -> None:
        """Runs the operation that initializes what is no variable, and is fed the assets."""
        meta = self.get_meta_graph_def_from_tags(tags)
        with sess.graph.as_default():
            assets = _asset_paths(self._export_dir, meta, import_scope)
            op = _init_op(meta, import_scope)
            if op is not None:
                sess.run([op], feed_dict=assets)

    def load(
        self, sess: Any, tags: Any, import_scope: str | None = None, **saver_kwargs: Any
    ) -> Any:
        """Does all of the above; returns the `MetaGraphDef`."""
        try:
            with sess.graph.as_default():
                saver, _ = self.load_graph(sess.graph, tags, import_scope, **saver_kwargs)
                self.restore_variables(sess, saver, import_scope)
                self.run_init_ops(sess, tags, import_scope)
            return self.get_meta_graph_def_from_tags(tags)
        except Exception as error:
            error.add_note(f"The SavedModel is {self._export_dir}.")
            raise


def _asset_paths(folder: str, meta: Any, import_scope: str | None) -> dict[str, bytes]:
    """Name of the tensor of each asset → path of the file."""
    from headrace._src.proto import messages

    assets = list(meta.asset_file_def)
    if not assets and constants.ASSETS_KEY in meta.collection_def:
        packed = meta.collection_def[constants.ASSETS_KEY].any_list.value
        assets = [messages.AssetFileDef.FromString(x.value) for x in packed]
    return {
        with_scope(asset.tensor_info.name, import_scope): os.fsencode(
            os.path.join(folder, constants.ASSETS_DIRECTORY, asset.filename)
        )
        for asset in assets
    }


def _init_op(meta: Any, import_scope: str | None) -> Any:
    key = constants.INIT_OP_SIGNATURE_KEY
    if key in meta.signature_def:
        name = with_scope(meta.signature_def[key].outputs[key].name, import_scope)
        try:
            return get_default_graph().as_graph_element(name)
        except KeyError:
            raise errors.NotFoundError(
                None, None, f"The {key} could not be found in the graph."
            ) from None
    for key in (constants.MAIN_OP_KEY, constants.LEGACY_INIT_OP_KEY):
        if key in meta.collection_def:
            names = meta.collection_def[key].node_list.value
            if len(names) != 1:
                raise RuntimeError(f"Expected exactly one SavedModel init op. Found: {names}")
            return get_collection(key)[0]
    return None
