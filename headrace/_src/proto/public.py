"""The message classes that programs see, built when this module is imported."""

from __future__ import annotations

from typing import Final

from headrace._api.export import export_value
from headrace._src.proto import messages

# Message → the names it is offered under, in compat.v1 and in compat.v2.
_NAMES: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "AttrValue": (("AttrValue",), ()),
    "ConfigProto": (("ConfigProto",), ()),
    "Event": (("Event", "summary.Event"), ()),
    "GPUOptions": (("GPUOptions",), ()),
    "GraphDef": (("GraphDef",), ()),
    "GraphOptions": (("GraphOptions",), ()),
    "HistogramProto": (("HistogramProto",), ()),
    "LogMessage": (("LogMessage",), ()),
    "MetaGraphDef": (("MetaGraphDef",), ()),
    "NameAttrList": (("NameAttrList",), ()),
    "NodeDef": (("NodeDef",), ()),
    "OptimizerOptions": (("OptimizerOptions",), ()),
    "RunMetadata": (("RunMetadata",), ()),
    "RunOptions": (("RunOptions",), ()),
    "SessionLog": (("SessionLog", "summary.SessionLog"), ()),
    "Summary": (("Summary", "summary.Summary"), ()),
    "SummaryDescription": (("summary.SummaryDescription",), ()),
    "SummaryMetadata": (("SummaryMetadata",), ()),
    "TaggedRunMetadata": (("summary.TaggedRunMetadata",), ()),
    "TensorInfo": (("TensorInfo",), ()),
    "BytesList": (("train.BytesList",), ("train.BytesList",)),
    "ClusterDef": (("train.ClusterDef",), ("train.ClusterDef",)),
    "Example": (("train.Example",), ("train.Example",)),
    "Feature": (("train.Feature",), ("train.Feature",)),
    "FeatureList": (("train.FeatureList",), ("train.FeatureList",)),
    "FeatureLists": (("train.FeatureLists",), ("train.FeatureLists",)),
    "Features": (("train.Features",), ("train.Features",)),
    "FloatList": (("train.FloatList",), ("train.FloatList",)),
    "Int64List": (("train.Int64List",), ("train.Int64List",)),
    "JobDef": (("train.JobDef",), ("train.JobDef",)),
    "SaverDef": (("train.SaverDef",), ()),
    "SequenceExample": (("train.SequenceExample",), ("train.SequenceExample",)),
    "ServerDef": (("train.ServerDef",), ("train.ServerDef",)),
    "AdviceProto": (("profiler.AdviceProto",), ()),
    "TrackableObjectGraph": (("contrib.checkpoint.CheckpointableObjectGraph",), ()),
    "EmbeddingInfo": (("contrib.tensorboard.plugins.projector.EmbeddingInfo",), ()),
    "ProjectorConfig": (("contrib.tensorboard.plugins.projector.ProjectorConfig",), ()),
    "SpriteMetadata": (("contrib.tensorboard.plugins.projector.SpriteMetadata",), ()),
    "GraphNodeProto": (("profiler.GraphNodeProto",), ()),
    "MultiGraphNodeProto": (("profiler.MultiGraphNodeProto",), ()),
    "OpLogProto": (("profiler.OpLogProto",), ()),
}

for _message, (_v1, _v2) in _NAMES.items():
    globals()[_message] = export_value(getattr(messages, _message), *_v1, v2=_v2)
