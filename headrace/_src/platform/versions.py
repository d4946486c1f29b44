"""The versions a program sees: those of the TensorFlow release whose API is offered."""

from headrace._api.export import export_value

VERSION = export_value("1.15.5", "VERSION", "version.VERSION", v2=("version.VERSION",))
GIT_VERSION = export_value(
    "v1.15.5-headrace", "GIT_VERSION", "version.GIT_VERSION", v2=("version.GIT_VERSION",)
)
COMPILER_VERSION = export_value(
    "none", "COMPILER_VERSION", "version.COMPILER_VERSION", v2=("version.COMPILER_VERSION",)
)
GRAPH_DEF_VERSION = export_value(
    134, "GRAPH_DEF_VERSION", "version.GRAPH_DEF_VERSION", v2=("version.GRAPH_DEF_VERSION",)
)
MIN_CONSUMER = export_value(
    0,
    "GRAPH_DEF_VERSION_MIN_CONSUMER",
    "version.GRAPH_DEF_VERSION_MIN_CONSUMER",
    v2=("version.GRAPH_DEF_VERSION_MIN_CONSUMER",),
)
MIN_PRODUCER = export_value(
    0,
    "GRAPH_DEF_VERSION_MIN_PRODUCER",
    "version.GRAPH_DEF_VERSION_MIN_PRODUCER",
    v2=("version.GRAPH_DEF_VERSION_MIN_PRODUCER",),
)
CXX11_ABI_FLAG = export_value(0, "CXX11_ABI_FLAG", v2=())
MONOLITHIC_BUILD = export_value(0, "MONOLITHIC_BUILD", v2=())
