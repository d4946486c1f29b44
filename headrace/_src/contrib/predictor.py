"""tf.contrib.predictor: SavedModels as functions of arrays."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core.graph import Graph
from headrace._src.engine.session import Session
from headrace._src.platform import logging
from headrace._src.saved_model import constants, loader


class Predictor:
    """Feeds and fetches tensors of a session by names of their own."""

    def __init__(self, session: Any, feed_tensors: Any, fetch_tensors: Any) -> None:
        self._session = session
        self._feed_tensors = feed_tensors
        self._fetch_tensors = fetch_tensors

    @property
    def graph(self) -> Any:
        """The graph."""
        return self._session.graph

    @property
    def session(self) -> Any:
        """The session."""
        return self._session

    @property
    def feed_tensors(self) -> Any:
        """Dict name → tensor that is fed."""
        return self._feed_tensors

    @property
    def fetch_tensors(self) -> Any:
        """Dict name → tensor that is fetched."""
        return self._fetch_tensors

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__} with feed tensors {self._feed_tensors} and fetch_tensors "
            f"{self._fetch_tensors}"
        )

    def __call__(self, input_dict: Any) -> Any:
        """Computes the outputs.

        Args:
          input_dict: dict name → value.

        Returns:
          Dict name → array.

        Raises:
          ValueError: there is no such input.
        """
        expected = set(self._feed_tensors)
        unexpected = set(input_dict) - expected
        if unexpected:
            raise ValueError(
                f"Got unexpected keys in input_dict: {unexpected}\nexpected: {expected}"
            )
        feeds = {self._feed_tensors[k]: v for k, v in input_dict.items() if v is not None}
        return self._session.run(self._fetch_tensors, feed_dict=feeds)


class SavedModelPredictor(Predictor):
    """A `Predictor` for a SavedModel; see `tf.contrib.predictor.from_saved_model`."""


@export("contrib.predictor.from_saved_model", v2=())
def from_saved_model(
    export_dir: Any,
    signature_def_key: str | None = None,
    signature_def: Any = None,
    input_names: Any = None,
    output_names: Any = None,
    tags: str | None = None,
    graph: Any = None,
    config: Any = None,
) -> SavedModelPredictor:
    """Load a SavedModel as a function.

    Args:
      export_dir: the folder of the SavedModel.
      signature_def_key: name of the signature; `serving_default` when left out.
      signature_def: a `SignatureDef` instead.
      input_names: dict name → name of the tensor, instead of a signature.
      output_names: dict name → name of the tensor.
      tags: tags of the graph, with commas between; `serve` when left out.
      graph: the graph to load it into; a new one when left out.
      config: the `ConfigProto` of the session.

    Returns:
      A function of a dict of values that returns a dict of arrays.

    Raises:
      ValueError: arguments exclude each other, or there is no such signature.
      IOError: there is no SavedModel.
      RuntimeError: no graph has these tags.
    """
    if (input_names is None) != (output_names is None):
        raise ValueError(
            "input_names and output_names must both be specified or both be unspecified."
        )
    if sum(x is not None for x in (signature_def_key, signature_def, input_names)) > 1:
        raise ValueError(
            "You must specify at most one of signature_def_key OR signature_def OR(input_names "
            "AND output_names)."
        )
    graph = graph or Graph()
    session = Session(graph=graph, config=config)
    meta = loader.load(session, (tags or constants.SERVING).split(","), export_dir)
    if input_names is None:
        if signature_def is None:
            signature_def = _signature(meta, signature_def_key)
        input_names = {k: v.name for k, v in signature_def.inputs.items()}
        output_names = {k: v.name for k, v in signature_def.outputs.items()}
    return SavedModelPredictor(
        session,
        {k: graph.get_tensor_by_name(v) for k, v in input_names.items()},
        {k: graph.get_tensor_by_name(v) for k, v in output_names.items()},
    )


def _signature(meta: Any, key: str | None) -> Any:
    key = key or constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY
    other = f"default_input_alternative:{key}"
    if key in meta.signature_def:
        return meta.signature_def[key]
    if other not in meta.signature_def:
        raise ValueError(
            f'Got signature_def_key "{key}". Available signatures are '
            f"{list(meta.signature_def)}. Original error:\n'{key}'"
        )
    logging.warning('Could not find signature def "%s". Using "%s" instead', key, other)
    return meta.signature_def[other]
