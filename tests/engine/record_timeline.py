"""Records what TensorFlow 1.15.5's Timeline makes of one StepStats; run it under the oracle.

$ORACLE/bin/python tests/engine/record_timeline.py
"""

import base64
import json
import os

STEM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden_timeline.json")
CPU = "/job:localhost/replica:0/task:0/device:CPU:0"
GPU = "/device:GPU:0/stream:all"
# device, name, start, duration, label, bytes of the outputs
ROWS = [
    (CPU, "a", 1000, 20, "a = Const()", []),
    (CPU, "b", 1005, 30, "b = Const()", [64]),
    (CPU, "c", 1040, 7, "c = Add(a, b)", [64]),
    (CPU, "d", 1041, 7, "d = Neg(b)", [32]),
    (CPU, "e", 1050, 7, "e = Mul(c, d)", [16]),
    (CPU, "q", 1060, 7, "q = Mul(c, nosuch)", []),
    (CPU, "q", 1068, 3, "q = Mul(e, d)", []),
    (CPU, "weird", 1090, 9, "weird label", []),
    (CPU, "empty", 1100, 9, "", []),
    (CPU, "z", 1200, 0, "z = NoOp()", []),
    (CPU + " (segments)", "f", 1050, 5, "f = Sub(e, b)", []),
    (CPU, "two", 1300, 5, "two = Split(e)", [8, 16]),
    (CPU, "r", 1302, 9, "r = Add(two:1, two, ^a)", [4]),
    (CPU, "r", 1330, 5, "r = Next(two)", [5]),
    (CPU, "RecvTensor", 1331, 3, "edge_1_a", []),
    (CPU, "late", 1330, 3, "[9B] late = Add(r, r)", [0]),
    (CPU, "early", 900, 30, "early = Neg(late)", [2]),
    (CPU, "parallel", 1330, 3, "parallel = Neg(r)", [9, 3]),
    (GPU, "g:Mul", 1050, 5, "g = Add(e)", [100]),
    (GPU, "g", 1055, 5, "g = Add(e)", []),
]


def main():
    import tensorflow as tf
    from tensorflow.core.framework import step_stats_pb2
    from tensorflow.python.client import timeline

    stats = step_stats_pb2.StepStats()
    devices = {}
    for device, name, start, duration, label, sizes in ROWS:
        if device not in devices:
            devices[device] = stats.dev_stats.add(device=device)
        row = devices[device].node_stats.add(
            node_name=name,
            all_start_micros=start,
            op_end_rel_micros=duration,
            all_end_rel_micros=duration,
            timeline_label=label,
        )
        for slot, size in enumerate(sizes):
            tensor = row.output.add(slot=slot).tensor_description
            tensor.dtype = 1
            tensor.allocation_description.requested_bytes = size
            tensor.allocation_description.allocator_name = "cpu"
    traces = {}
    for flow in (False, True):
        for memory in (False, True):
            made = timeline.Timeline(stats).generate_chrome_trace_format(flow, memory)
            traces[f"{flow:d}{memory:d}"] = json.loads(made)["traceEvents"]
    peak = timeline.Timeline(stats).analyze_step_stats().allocator_maximums
    golden = {
        "step_stats": base64.b64encode(stats.SerializeToString()).decode(),
        "traces": traces,
        "maximums": {k: [v.timestamp, v.num_bytes, sorted(v.tensors)] for k, v in peak.items()},
        "version": tf.__version__,
    }
    with open(STEM, "w") as file:
        json.dump(golden, file, indent=1, sort_keys=True)
        file.write("\n")


if __name__ == "__main__":
    main()
