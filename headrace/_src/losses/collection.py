"""The losses of a graph: adding, listing and summing them."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core.graph import add_to_collection, get_collection, get_default_graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.tensor import Tensor
from headrace._src.ops._late import late


@export("losses.add_loss", v2=())
def add_loss(loss: Any, loss_collection: Any = GraphKeys.LOSSES) -> None:
    """Add a loss to the losses of the graph.

    Args:
      loss: Scalar tensor.
      loss_collection: Key of the collection; None for no collection.
    """
    if loss_collection and not get_default_graph().executes:
        add_to_collection(loss_collection, loss)


@export("losses.get_losses", v2=())
def get_losses(scope: Any = None, loss_collection: Any = GraphKeys.LOSSES) -> list[Any]:
    """List the losses of the graph.

    Args:
      scope: Regular expression that the names must match from the start.
      loss_collection: Key of the collection.

    Returns:
      A list of tensors.
    """
    return get_collection(loss_collection, scope)


@export("losses.get_regularization_losses", v2=())
def get_regularization_losses(scope: Any = None) -> list[Any]:
    """List the regularization losses of the graph.

    Args:
      scope: Regular expression that the names must match from the start.

    Returns:
      A list of tensors.
    """
    return get_collection(GraphKeys.REGULARIZATION_LOSSES, scope)


@export("losses.get_regularization_loss", v2=())
def get_regularization_loss(scope: Any = None, name: Any = "total_regularization_loss") -> Tensor:
    """Add up the regularization losses of the graph.

    Args:
      scope: Regular expression that the names must match from the start.
      name: Name of the sum.

    Returns:
      A scalar tensor; 0 when there are none.
    """
    losses = get_regularization_losses(scope)
    return late.add_n(losses, name=name) if losses else late.constant(0.0)  # type: ignore[no-any-return]


@export("losses.get_total_loss", v2=())
def get_total_loss(
    add_regularization_losses: bool = True, name: Any = "total_loss", scope: Any = None
) -> Tensor:
    """Add up the losses of the graph.

    Args:
      add_regularization_losses: Whether to add the regularization losses too.
      name: Name of the sum.
      scope: Regular expression that the names must match from the start.

    Returns:
      A scalar tensor.

    Raises:
      ValueError: Build: there are no losses.
    """
    losses = get_losses(scope=scope)
    if add_regularization_losses:
        losses += get_regularization_losses(scope=scope)
    return late.add_n(losses, name=name)  # type: ignore[no-any-return]
