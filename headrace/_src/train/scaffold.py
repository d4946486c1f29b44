"""Scaffold: gathers, or makes, what training needs besides the model."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core.graph import get_default_graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.ops import grouping
from headrace._src.ops._late import late
from headrace._src.ops.summary import merge_all
from headrace._src.platform import logging
from headrace._src.state import collections, resources
from headrace._src.train.saver import _get_saver_or_default


def _default_init_op() -> Any:
    return grouping.group(
        collections.global_variables_initializer(),
        resources.initialize_resources(resources.shared_resources()),
    )


def _default_ready_op() -> Any:
    return late.concat(
        [
            collections.report_uninitialized_variables(),
            resources.report_uninitialized_resources(),
        ],
        0,
    )


def _default_ready_for_local_init_op() -> Any:
    return late.concat(
        [
            collections.report_uninitialized_variables(collections.global_variables()),
            resources.report_uninitialized_resources(resources.shared_resources()),
        ],
        0,
    )


@export("train.Scaffold", v2=())
class Scaffold:
    """The pieces around a model that training needs.

    A piece that is not given is taken from its collection in the graph, or made and put there,
    by `finalize`.

    Args:
      init_op: initializes the global variables.
      init_feed_dict: what to feed to it.
      init_fn: called as `init_fn(scaffold, session)` after it.
      ready_op: 1-D string tensor with the names of what is not initialized.
      ready_for_local_init_op: the same, of what `local_init_op` needs.
      local_init_op: initializes local variables and tables.
      summary_op: string scalar, a serialized `Summary`.
      saver: the `Saver`.
      copy_from_scaffold: a `Scaffold` to take what is not given from.

    Raises:
      TypeError: `copy_from_scaffold` is no scaffold.
    """

    def __init__(
        self,
        init_op: Any = None,
        init_feed_dict: Any = None,
        init_fn: Any = None,
        ready_op: Any = None,
        ready_for_local_init_op: Any = None,
        local_init_op: Any = None,
        summary_op: Any = None,
        saver: Any = None,
        copy_from_scaffold: Any = None,
    ) -> None:
        pieces = {
            "_init_op": init_op,
            "_init_feed_dict": init_feed_dict,
            "_user_init_fn": init_fn,
            "_ready_op": ready_op,
            "_ready_for_local_init_op": ready_for_local_init_op,
            "_local_init_op": local_init_op,
            "_summary_op": summary_op,
            "_saver": saver,
        }
        if copy_from_scaffold is not None:
            if not isinstance(copy_from_scaffold, Scaffold):
                raise TypeError("copy_from_scaffold is not a Scaffold instance.")
            for name, given in pieces.items():
                if given is None:
                    pieces[name] = getattr(copy_from_scaffold, name)
        self._user_init_fn: Any = None
        self._init_op = self._init_feed_dict = self._saver = self._summary_op = None
        self._ready_op = self._ready_for_local_init_op = self._local_init_op = None
        vars(self).update(pieces)
        user_init_fn = self._user_init_fn
        self._init_fn = (lambda sess: user_init_fn(self, sess)) if user_init_fn else None

    def finalize(self) -> Scaffold:
        """Makes what is missing, and finalizes the graph.

        Returns:
          The scaffold.
        """
        for name, key, make in (
            ("init_op", GraphKeys.INIT_OP, _default_init_op),
            ("ready_op", GraphKeys.READY_OP, _default_ready_op),
            (
                "ready_for_local_init_op",
                GraphKeys.READY_FOR_LOCAL_INIT_OP,
                _default_ready_for_local_init_op,
            ),
            ("local_init_op", GraphKeys.LOCAL_INIT_OP, Scaffold.default_local_init_op),
            ("summary_op", GraphKeys.SUMMARY_OP, merge_all),
        ):
            if getattr(self, "_" + name) is None:
                setattr(self, "_" + name, Scaffold.get_or_default(name, key, make))
        saver: Any = self._saver
        if saver is None:
            self._saver = saver = _get_saver_or_default()
        saver.build()
        get_default_graph().finalize()
        logging.info("Graph was finalized.")
        return self

    @property
    def init_fn(self) -> Any:
        """Function of a session to call after `init_op`, or None."""
        return self._init_fn

    @property
    def init_op(self) -> Any:
        """Initializes the global variables."""
        return self._init_op

    @property
    def ready_op(self) -> Any:
        """Names of what is not initialized."""
        return self._ready_op

    @property
    def ready_for_local_init_op(self) -> Any:
        """Names of what `local_init_op` needs and is not initialized."""
        return self._ready_for_local_init_op

    @property
    def local_init_op(self) -> Any:
        """Initializes local variables and tables."""
        return self._local_init_op

    @property
    def summary_op(self) -> Any:
        """The merged summaries, or None."""
        return self._summary_op

    @property
    def saver(self) -> Any:
        """The `Saver`."""
        return self._saver

    @property
    def init_feed_dict(self) -> Any:
        """What to feed to `init_op`."""
        return self._init_feed_dict

    @staticmethod
    def get_or_default(arg_name: str, collection_key: str, default_constructor: Any) -> Any:
        """Returns the one element of a collection, or makes it.

        Args:
          arg_name: name of the piece, for the error.
          collection_key: the collection.
          default_constructor: makes it; what it makes is put into the collection.

        Raises:
          RuntimeError: the collection holds several.
        """
        graph = get_default_graph()
        elements = graph.get_collection(collection_key)
        if len(elements) > 1:
            # 1.15 gives the parts of its message as arguments, which shows in str().
            raise RuntimeError(
                'More than one item in the collection "%s". Please indicate which one to use by '
                "passing it to the tf.Scaffold constructor as:  tf.Scaffold(%s=item to use)",
                collection_key,
                arg_name,
            )
        if elements:
            return elements[0]
        made = default_constructor()
        if made is not None:
            graph.add_to_collection(collection_key, made)
        return made

    @staticmethod
    def default_local_init_op() -> Any:
        """Makes the operation that initializes local variables, tables and local resources.

        Returns:
          The operation.
        """
        return grouping.group(
            collections.local_variables_initializer(),
            resources.tables_initializer(),
            resources.initialize_resources(resources.local_resources()),
        )
