"""tf.contrib.tensorboard.plugins.projector: what the embedding projector shows."""

from __future__ import annotations

import os
from typing import Any

from headrace._api.export import export
from headrace._src.platform import gfile


@export("contrib.tensorboard.plugins.projector.visualize_embeddings", v2=())
def visualize_embeddings(summary_writer: Any, config: Any) -> None:
    """Write the file from which TensorBoard knows which embeddings to show.

    Args:
      summary_writer: a `tf.summary.FileWriter`; the file goes to its folder.
      config: a `ProjectorConfig`.

    Raises:
      ValueError: the writer has no folder.
    """
    from google.protobuf import text_format

    folder = summary_writer.get_logdir()
    if folder is None:
        raise ValueError("Summary writer must have a logdir")
    path = os.path.join(os.fsdecode(folder), "projector_config.pbtxt")
    with gfile.FileIO(path, "w") as file:
        file.write(text_format.MessageToString(config))
