"""What `restore` returns: checks of what was restored, and the operations that restore."""

from __future__ import annotations

from typing import Any

from headrace._src.core import default_session
from headrace._src.core.scopes import device
from headrace._src.platform import modes
from headrace._src.state.trackable_containers import TrackableDataStructure
from headrace._src.tracking.restoration import names_of_nodes
from headrace._src.train.saver import Saver


def session_or_default(session: Any = None) -> Any:
    """The session to run in.

    Raises:
      ValueError: there is none.
    """
    session = session or default_session.get_default_session()
    if session is None:
        raise ValueError(
            "No session was given and no default session is registered. Use `with "
            "sess.as_default()` or pass an explicit session."
        )
    return session


def _without(objects: list[Any], others: Any) -> list[Any]:
    known = {id(other) for other in others}
    return [obj for obj in objects if id(obj) not in known]


def _initializers(objects: list[Any], restore_uid: int) -> list[Any]:
    """The initializers of objects that no newer restoration gave a value."""
    return [
        obj.initializer
        for obj in objects
        if getattr(obj, "initializer", None) is not None
        and obj.__dict__.get("_self_update_uid", -1) < restore_uid
    ]


class _LoadStatus:
    def expect_partial(self) -> Any:
        """Silences warnings about values that were not used."""
        return self


class CheckpointLoadStatus(_LoadStatus):
    """How a checkpoint of objects was restored.

    Args:
      checkpoint: the `RestoreCoordinator`.
      feed_dict: what to feed when operations restore.
      graph_view: the objects of the program.
    """

    def __init__(self, checkpoint: Any, feed_dict: Any, graph_view: Any) -> None:
        self._checkpoint = checkpoint
        self._feed_dict = feed_dict
        self._graph_view = graph_view
        self._root = graph_view.root

    def assert_consumed(self) -> Any:
        """Checks that everything in the checkpoint was used, and every object restored.

        Returns:
          This object.

        Raises:
          AssertionError: something was not.
        """
        checkpoint = self._checkpoint
        names = names_of_nodes(checkpoint.object_graph_proto)
        self.assert_existing_objects_matched()
        for number, node in enumerate(checkpoint.object_graph_proto.nodes):
            if checkpoint.object_by_proto_id.get(number) is None:
                raise AssertionError(f"Unresolved object in checkpoint {names[number]}: {node}")
        if checkpoint.slot_restorations:
            raise AssertionError(f"Unresolved slot restorations: {checkpoint.slot_restorations}")
        if checkpoint.unused_attributes:
            lines = "\n".join(
                f"{names[number]} ({checkpoint.object_by_proto_id[number]}): {attributes}"
                for number, attributes in checkpoint.unused_attributes.items()
            )
            raise AssertionError(
                "Unused attributes in these objects (the attributes exist in the checkpoint but "
                f"were not restored):\n{lines}"
            )
        return self

    def assert_existing_objects_matched(self) -> Any:
        """Checks that every object of the program was restored.

        Returns:
          This object.

        Raises:
          AssertionError: one was not.
        """
        checkpoint = self._checkpoint
        for number, node in enumerate(checkpoint.object_graph_proto.nodes):
            obj = checkpoint.object_by_proto_id.get(number)
            if obj is not None and obj._update_uid < checkpoint.restore_uid:
                raise AssertionError(f"Object not assigned a value from checkpoint: {node}")
        for obj in self._graph_view.list_objects():
            # Empty containers are in no checkpoint.
            if not isinstance(obj, TrackableDataStructure) or obj._checkpoint_dependencies:
                checkpoint.all_python_objects.add(obj)
        unused = self._unused()
        if unused:
            raise AssertionError(
                "Some Python objects were not bound to checkpointed values, likely due to changes "
                f"in the Python program: {unused}"
            )
        return self

    def _unused(self) -> list[Any]:
        checkpoint = self._checkpoint
        return _without(
            checkpoint.all_python_objects.alive(), checkpoint.object_by_proto_id.values()
        )

    def assert_nontrivial_match(self) -> Any:
        """Checks that more than the root was restored.

        Returns:
          This object.

        Raises:
          AssertionError: only the root was.
        """
        checkpoint = self._checkpoint
        for obj in self._graph_view.list_objects():
            checkpoint.all_python_objects.add(obj)
        if len(checkpoint.object_by_proto_id) <= 1:
            unused = self._unused()
            if unused:
                raise AssertionError(
                    "Nothing except the root object matched a checkpointed value. Typically this "
                    "means that the checkpoint does not match the Python program. The following "
                    f"objects have no matching checkpointed value: {unused}"
                )
            raise AssertionError(
                f"Nothing to load. No dependencies have been added to {self._root} yet."
            )
        return self

    def run_restore_ops(self, session: Any = None) -> None:
        """Runs the operations that restore; nothing in eager mode.

        Args:
          session: the session; the default one by default.
        """
        if not modes.executing_eagerly():
            session_or_default(session).run(self._checkpoint.restore_ops, self._feed_dict)

    def initialize_or_restore(self, session: Any = None) -> None:
        """Restores, and initializes the variables that the checkpoint lacks.

        Args:
          session: the session; the default one by default.
        """
        if modes.executing_eagerly():
            return
        session = session_or_default(session)
        others = _without(
            self._graph_view.list_objects(), self._checkpoint.object_by_proto_id.values()
        )
        initializers = _initializers(others, self._checkpoint.restore_uid)
        self.run_restore_ops(session)
        session.run(initializers)

    def expect_partial(self) -> Any:
        """Silences warnings about values that were not used."""
        self._checkpoint.expect_partial = True
        return self


class InitializationOnlyStatus(_LoadStatus):
    """What `restore(None)` returns: there is nothing to restore, variables can be initialized.

    Args:
      graph_view: the objects of the program.
      restore_uid: number of the restoration.
    """

    def __init__(self, graph_view: Any, restore_uid: int) -> None:
        self._graph_view = graph_view
        self._restore_uid = restore_uid
        self._root = graph_view.root

    def assert_consumed(self) -> Any:
        """Raises `AssertionError`."""
        raise AssertionError("No checkpoint specified (save_path=None); nothing is being restored.")

    def assert_existing_objects_matched(self) -> Any:
        """Raises `AssertionError`."""
        return self.assert_consumed()

    def assert_nontrivial_match(self) -> Any:
        """Raises `AssertionError`."""
        return self.assert_consumed()

    def run_restore_ops(self, session: Any = None) -> None:
        """Raises `AssertionError`."""
        raise AssertionError(
            "No checkpoint specified, so no restore ops are available (save_path=None to "
            "Saver.restore)."
        )

    def initialize_or_restore(self, session: Any = None) -> None:
        """Initializes the variables; nothing in eager mode.

        Args:
          session: the session; the default one by default.
        """
        if not modes.executing_eagerly():
            objects = self._graph_view.list_objects()
            session_or_default(session).run(_initializers(objects, self._restore_uid))


class NameBasedSaverStatus(_LoadStatus):
    """How a checkpoint of `tf.train.Saver` was restored into objects.

    Args:
      checkpoint: the `NameBasedCoordinator`.
      graph_view: the objects of the program.
    """

    def __init__(self, checkpoint: Any, graph_view: Any) -> None:
        self._checkpoint = checkpoint
        self._graph_view = graph_view
        self._root = graph_view.root

    def assert_consumed(self) -> Any:
        """Checks that every object was restored.

        Returns:
          This object.

        Raises:
          AssertionError: one was not.
        """
        if self._checkpoint.unused_attributes:
            lines = "".join(
                f"\n    {obj}: {name}" for obj, name in self._checkpoint.unused_attributes
            )
            raise AssertionError(f"Some objects had attributes which were not restored:{lines}")
        for obj in self._graph_view.list_objects():
            obj._maybe_initialize_trackable()
            if obj._update_uid < self._checkpoint.restore_uid:
                raise AssertionError(f"Object not restored: {obj}")
        return self

    def assert_existing_objects_matched(self) -> Any:
        """The same as `assert_consumed`."""
        return self.assert_consumed()

    def assert_nontrivial_match(self) -> Any:
        """The same as `assert_consumed`."""
        return self.assert_consumed()

    def run_restore_ops(self, session: Any = None) -> None:
        """Adds the operations that restore, and runs them; nothing in eager mode.

        Args:
          session: the session; the default one by default.
        """
        if modes.executing_eagerly():
            return
        session = session_or_default(session)
        with device("/cpu:0"):
            saveables: list[Any] = []
            for obj in self._graph_view.list_objects():
                obj._maybe_initialize_trackable()
                if obj._update_uid < self._checkpoint.restore_uid:
                    obj._update_uid = self._checkpoint.restore_uid
                    saveables += self._checkpoint.globally_named_object_attributes(obj)
            Saver(saveables).restore(session, self._checkpoint.save_path)

    def initialize_or_restore(self, session: Any = None) -> None:
        """The same as `run_restore_ops`."""
        self.run_restore_ops(session)


def streaming_restore(status: Any, session: Any = None) -> None:
    """Restores now, and objects that are made later as soon as they are there."""
    if modes.executing_eagerly():
        return
    session = session_or_default(session)
    if isinstance(status, NameBasedSaverStatus):
        raise NotImplementedError(
            "Streaming restore not supported from name-based checkpoints when graph building. File "
            "a feature request if this limitation bothers you. As a workaround, consider either "
            "using tf.train.Checkpoint to load name-based checkpoints or enabling eager execution."
        )
    status.run_restore_ops(session)
    feeds = status._feed_dict
    status._checkpoint.new_restore_ops_callback = lambda made: session.run(made, feeds)
