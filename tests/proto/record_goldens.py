"""Record, under TensorFlow 1.15.5, what the tests of this folder compare with.

Usage: `ORACLE_PYTHON tests/proto/record_goldens.py`. It writes the JSON files beside this file.
"""

import json
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import importlib

import numpy as np
import tensorflow as tf
from google.protobuf import descriptor_pb2
from graph_cases import CASES as GRAPH_CASES
from tensor_proto_cases import CASES as TENSOR_CASES

HERE = os.path.dirname(os.path.abspath(__file__))

FILES = """
example/example example/feature framework/allocation_description framework/attr_value
framework/cost_graph framework/device_attributes framework/function framework/graph
framework/node_def framework/op_def framework/resource_handle framework/step_stats
framework/summary framework/tensor_description framework/tensor framework/tensor_shape
framework/tensor_slice framework/types framework/variable framework/versions protobuf/cluster
protobuf/config protobuf/control_flow protobuf/debug protobuf/device_properties
protobuf/meta_graph protobuf/named_tensor protobuf/queue_runner protobuf/rewriter_config
protobuf/saved_model protobuf/saved_object_graph protobuf/saver protobuf/struct
protobuf/tensor_bundle protobuf/tensorflow_server protobuf/trackable_object_graph
protobuf/verifier_config util/event util/saved_tensor_slice lib/core/error_codes
profiler/tfprof_log profiler/tfprof_output protobuf/trace_events
""".split()


def describe_field(field, oneofs):
    found = [
        field.number,
        descriptor_pb2.FieldDescriptorProto.Type.Name(field.type),
        descriptor_pb2.FieldDescriptorProto.Label.Name(field.label),
        field.type_name,
    ]
    return found + ([oneofs[field.oneof_index].name] if field.HasField("oneof_index") else [])


def describe_message(message, prefix, found):
    name = prefix + message.name
    found[name] = {f.name: describe_field(f, message.oneof_decl) for f in message.field}
    for nested in message.nested_type:
        describe_message(nested, name + ".", found)
    for enum in message.enum_type:
        describe_enum(enum, name + ".", found)


def describe_enum(enum, prefix, found):
    found[prefix + enum.name] = {v.name: v.number for v in enum.value}


def record_descriptors():
    found = {}
    modules = ["tensorflow.core." + file.replace("/", ".") + "_pb2" for file in FILES]
    for module in modules + [
        "tensorflow.python.training.checkpoint_state_pb2",
        "tensorflow.contrib.tensorboard.plugins.projector.projector_config_pb2",
        "tensorflow.contrib.training.python.training.hparam_pb2",
    ]:
        proto = descriptor_pb2.FileDescriptorProto()
        importlib.import_module(module).DESCRIPTOR.CopyToProto(proto)
        for enum in proto.enum_type:
            describe_enum(enum, proto.package + ".", found)
        for message in proto.message_type:
            describe_message(message, proto.package + ".", found)
    return found


def outcome(function, *args):
    try:
        return {"value": function(*args).SerializeToString(deterministic=True).hex()}
    except (TypeError, ValueError) as error:
        return {"error": type(error).__name__, "message": str(error).split("\n")[0]}


def record_graph(code, add_shapes):
    tf.compat.v1.reset_default_graph()
    scope = {"tf": tf, "np": np}
    exec(code, scope)
    return tf.compat.v1.get_default_graph().as_graph_def(add_shapes=add_shapes)


def save(name, value):
    with open(os.path.join(HERE, name), "w") as file:
        lines = [json.dumps(k) + ": " + json.dumps(v) for k, v in value.items()]
        file.write("{\n" + ",\n".join(lines) + "\n}\n")


def main():
    tf.compat.v1.enable_control_flow_v2()
    save("descriptors_1_15.json", record_descriptors())
    scope = {"tf": tf, "np": np, "M": tf.compat.v1.make_tensor_proto}
    save("tensor_protos_1_15.json", {c: outcome(eval, c, scope) for c in TENSOR_CASES})
    save(
        "graphs_1_15.json",
        {
            name: [outcome(record_graph, code, shapes) for shapes in (False, True)]
            for name, code in GRAPH_CASES.items()
        },
    )


if __name__ == "__main__":
    main()
