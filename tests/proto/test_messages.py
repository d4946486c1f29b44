"""The messages: field by field those of TensorFlow 1.15, and usable beside a real one."""

import copy
import json
import pathlib
import pickle
import subprocess
import sys

import pytest
from google.protobuf import descriptor_pb2

from headrace._src.proto import messages

GOLDEN = json.loads((pathlib.Path(__file__).parent / "descriptors_1_15.json").read_text())


def _describe(message, prefix, found):
    name = prefix + message.name
    found[name] = {
        f.name: [
            f.number,
            descriptor_pb2.FieldDescriptorProto.Type.Name(f.type),
            descriptor_pb2.FieldDescriptorProto.Label.Name(f.label),
            f.type_name,
        ]
        + ([message.oneof_decl[f.oneof_index].name] if f.HasField("oneof_index") else [])
        for f in message.field
    }
    for nested in message.nested_type:
        _describe(nested, name + ".", found)
    for enum in message.enum_type:
        found[f"{name}.{enum.name}"] = {v.name: v.number for v in enum.value}


def _ours():
    found = {}
    for package in ("tensorflow", "tensorflow.error", "tensorflow.tfprof", "tensorflow.profiler"):
        file = descriptor_pb2.FileDescriptorProto()
        messages.pool().FindFileByName(f"headrace/{package}.proto").CopyToProto(file)
        assert file.syntax == "proto3"
        for enum in file.enum_type:
            found[f"{package}.{enum.name}"] = {v.name: v.number for v in enum.value}
        for message in file.message_type:
            _describe(message, package + ".", found)
    return found


def test_every_field_is_that_of_1_15():
    ours = _ours()
    assert sorted(ours) == sorted(GOLDEN)
    for name, fields in GOLDEN.items():
        assert ours[name] == fields, name


def test_nested_construction_and_enum_values():
    config = messages.ConfigProto(
        gpu_options=messages.GPUOptions(allow_growth=True), device_count={"GPU": 0}
    )
    config.graph_options.optimizer_options.global_jit_level = messages.OptimizerOptions.ON_1
    assert config.gpu_options.allow_growth
    assert messages.RunOptions.FULL_TRACE == 3
    assert messages.RunOptions(trace_level=messages.RunOptions.FULL_TRACE).trace_level == 3
    assert messages.OptimizerOptions.L0 == -1
    assert messages.SessionLog.START == 1
    assert messages.DT_FLOAT == 1
    assert messages.DataType.Name(7) == "DT_STRING"
    assert messages.Code.Value("INVALID_ARGUMENT") == 3
    assert messages.Summary(value=[messages.Summary.Value(tag="a")]).value[0].tag == "a"


def test_messages_copy_and_pickle():
    value = messages.Summary.Value(tag="a", simple_value=1.5)
    for again in (copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert again == value
        assert type(again) is messages.Summary.Value
    config = messages.ConfigProto(allow_soft_placement=True)
    assert pickle.loads(pickle.dumps(config)) == config


def test_any_holds_our_messages():
    collection = messages.CollectionDef()
    collection.any_list.value.add().Pack(messages.NodeDef(name="n"))
    again = messages.CollectionDef.FromString(collection.SerializeToString())
    node = messages.NodeDef()
    assert again.any_list.value[0].Unpack(node)
    assert node.name == "n"


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="NoSuchMessage"):
        _ = messages.NoSuchMessage
    with pytest.raises(KeyError):
        messages.message_class("tensorflow.NoSuchMessage")


def test_another_owner_of_the_same_names_in_the_process():
    graph_pb2 = pytest.importorskip("tensorboard.compat.proto.graph_pb2")
    data = messages.GraphDef(node=[messages.NodeDef(name="n")]).SerializeToString()
    assert graph_pb2.GraphDef.FromString(data).node[0].name == "n"
    assert graph_pb2.GraphDef.DESCRIPTOR is not messages.GraphDef.DESCRIPTOR


@pytest.mark.parametrize("implementation", ["upb", "python"])
def test_both_protobuf_implementations(implementation):
    code = (
        "from headrace._src.proto import messages as m\n"
        "from google.protobuf.internal import api_implementation as a\n"
        f"assert a.Type() == {implementation!r}\n"
        "s = m.Summary(value=[m.Summary.Value(tag='t')])\n"
        "assert m.Summary.FromString(s.SerializeToString()) == s\n"
        "assert m.RewriterConfig.OFF == 2 and m.RunOptions.TraceLevel.Name(3) == 'FULL_TRACE'\n"
    )
    environment = {"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": implementation}
    environment["PYTHONPATH"] = str(pathlib.Path(__file__).parents[2])
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
