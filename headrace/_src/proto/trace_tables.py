"""What a run reports: step statistics, costs, devices and profiles."""

TABLE = """
message AllocationDescription
  1 requested_bytes int64
  2 allocated_bytes int64
  3 allocator_name string
  4 allocation_id int64
  5 has_single_reference bool
  6 ptr uint64

message TensorDescription
  1 dtype DataType
  2 shape TensorShapeProto
  4 allocation_description AllocationDescription

message AllocationRecord
  1 alloc_micros int64
  2 alloc_bytes int64

message AllocatorMemoryUsed
  1 allocator_name string
  2 total_bytes int64
  3 peak_bytes int64
  4 live_bytes int64
  6 allocation_records AllocationRecord*
  5 allocator_bytes_in_use int64

message NodeOutput
  1 slot int32
  3 tensor_description TensorDescription

message MemoryStats
  1 temp_memory_size int64
  3 persistent_memory_size int64
  5 persistent_tensor_alloc_ids int64*
  2 device_temp_memory_size int64
  4 device_persistent_memory_size int64
  6 device_persistent_tensor_alloc_ids int64*

message NodeExecStats
  1 node_name string
  2 all_start_micros int64
  3 op_start_rel_micros int64
  4 op_end_rel_micros int64
  5 all_end_rel_micros int64
  6 memory AllocatorMemoryUsed*
  7 output NodeOutput*
  8 timeline_label string
  9 scheduled_micros int64
  10 thread_id uint32
  11 referenced_tensor AllocationDescription*
  12 memory_stats MemoryStats
  13 all_start_nanos int64
  14 op_start_rel_nanos int64
  15 op_end_rel_nanos int64
  16 all_end_rel_nanos int64
  17 scheduled_nanos int64

message DeviceStepStats
  1 device string
  2 node_stats NodeExecStats*
  3 thread_names {uint32 string}

message StepStats
  1 dev_stats DeviceStepStats*

message CostGraphDef
  1 node CostGraphDef.Node*

message CostGraphDef.Node
  1 name string
  2 device string
  3 id int32
  4 input_info CostGraphDef.Node.InputInfo*
  5 output_info CostGraphDef.Node.OutputInfo*
  6 temporary_memory_size int64
  12 persistent_memory_size int64
  10 host_temp_memory_size int64
  11 device_temp_memory_size int64
  16 device_persistent_memory_size int64
  9 compute_cost int64
  14 compute_time int64
  15 memory_time int64
  7 is_final bool
  8 control_input int32*
  17 inaccurate bool

message CostGraphDef.Node.InputInfo
  1 preceding_node int32
  2 preceding_port int32

message CostGraphDef.Node.OutputInfo
  1 size int64
  2 alias_input_port int64
  3 shape TensorShapeProto
  4 dtype DataType

message InterconnectLink
  1 device_id int32
  2 type string
  3 strength int32

message LocalLinks
  1 link InterconnectLink*

message DeviceLocality
  1 bus_id int32
  2 numa_node int32
  3 links LocalLinks

message DeviceAttributes
  1 name string
  2 device_type string
  4 memory_limit int64
  5 locality DeviceLocality
  6 incarnation fixed64
  7 physical_device_desc string

message DeviceProperties
  1 type string
  2 vendor string
  3 model string
  4 frequency int64
  5 num_cores int64
  6 environment {string string}
  7 num_registers int64
  8 l1_cache_size int64
  9 l2_cache_size int64
  10 l3_cache_size int64
  11 shared_memory_size_per_multiprocessor int64
  12 memory_size int64
  13 bandwidth int64

message NamedDevice
  1 name string
  2 properties DeviceProperties

package tensorflow.tfprof

message CodeDef
  1 traces CodeDef.Trace*

message CodeDef.Trace
  1 file string
  6 file_id int64
  2 lineno int32
  3 function string
  7 function_id int64
  4 line string
  8 line_id int64
  5 func_start_line int32

message OpLogEntry
  1 name string
  2 float_ops int64
  3 types string*
  4 code_def CodeDef

message OpLogProto
  1 log_entries OpLogEntry*
  2 id_to_string {int64 string}

message ProfileProto
  1 nodes {int64 ProfileNode}
  2 has_trace bool
  5 miss_accelerator_stream bool
  3 steps int64*
  4 id_to_string {int64 string}

message ProfileNode
  1 name string
  9 op string
  13 id int64
  2 inputs {int32 int64}
  16 input_shapes {int32 Tuple}
  3 outputs {int32 int64}
  15 output_shapes {int32 Tuple}
  14 src_output_index {int64 int32}
  4 shape int64*
  5 op_types string*
  6 canonical_device string
  7 host_device string
  8 float_ops int64
  10 trace CodeDef
  11 attrs {string .tensorflow.AttrValue}
  12 execs {int64 ExecProfile}

message ExecProfile
  1 run_count int64
  2 all_start_micros int64
  3 latest_end_micros int64
  4 accelerator_execs {string ExecTime}
  5 cpu_execs {string ExecTime}
  7 memory_execs ExecMemory*
  11 allocations .tensorflow.AllocationRecord*
  6 devices string*

message ExecTime
  1 times Tuple*

message ExecMemory
  1 memory_micros int64
  2 host_temp_bytes int64
  3 host_persistent_bytes int64
  4 accelerator_temp_bytes int64
  5 accelerator_persistent_bytes int64
  6 requested_bytes int64
  7 peak_bytes int64
  8 residual_bytes int64
  9 output_bytes int64
  10 allocator_bytes_in_use int64
  11 output_memory {int32 Memory}

message Tuple
  1 int64_values int64*

message Memory
  1 bytes int64
  2 ptr uint64

message TFProfTensorProto
  1 dtype .tensorflow.DataType
  2 value_double double*
  3 value_int64 int64*
  4 value_str string*

message GraphNodeProto
  1 name string
  15 tensor_value TFProfTensorProto
  21 run_count int64
  2 exec_micros int64
  17 accelerator_exec_micros int64
  18 cpu_exec_micros int64
  3 requested_bytes int64
  24 peak_bytes int64
  25 residual_bytes int64
  26 output_bytes int64
  4 parameters int64
  13 float_ops int64
  10 devices string*
  23 total_definition_count int64
  22 total_run_count int64
  6 total_exec_micros int64
  19 total_accelerator_exec_micros int64
  20 total_cpu_exec_micros int64
  7 total_requested_bytes int64
  27 total_peak_bytes int64
  28 total_residual_bytes int64
  29 total_output_bytes int64
  8 total_parameters int64
  14 total_float_ops int64
  11 shapes .tensorflow.TensorShapeProto*
  16 input_shapes {int32 .tensorflow.TensorShapeProto}
  12 children GraphNodeProto*

message MultiGraphNodeProto
  1 name string
  2 exec_micros int64
  12 accelerator_exec_micros int64
  13 cpu_exec_micros int64
  3 requested_bytes int64
  16 peak_bytes int64
  17 residual_bytes int64
  18 output_bytes int64
  4 parameters int64
  5 float_ops int64
  6 total_exec_micros int64
  14 total_accelerator_exec_micros int64
  15 total_cpu_exec_micros int64
  7 total_requested_bytes int64
  19 total_peak_bytes int64
  20 total_residual_bytes int64
  21 total_output_bytes int64
  8 total_parameters int64
  9 total_float_ops int64
  10 graph_nodes GraphNodeProto*
  11 children MultiGraphNodeProto*

message AdviceProto
  1 checkers {string AdviceProto.Checker}

message AdviceProto.Checker
  2 reports string*

package tensorflow.profiler

message Trace
  1 devices {uint32 Device}
  4 trace_events TraceEvent*

message Device
  1 name string
  2 device_id uint32
  3 resources {uint32 Resource}

message Resource
  1 name string
  2 resource_id uint32

message TraceEvent
  1 device_id uint32
  2 resource_id uint32
  3 name string
  9 timestamp_ps uint64
  10 duration_ps uint64
  11 args {string string}
"""
