"""How a session runs: ConfigProto, RunOptions, graph rewriting, debugging and the cluster."""

TABLE = """
message VerifierConfig
  1 verification_timeout_in_ms int64
  2 structure_verifier VerifierConfig.Toggle

enum VerifierConfig.Toggle
  0 DEFAULT
  1 ON
  2 OFF

message AutoParallelOptions
  1 enable bool
  2 num_replicas int32

message ScopedAllocatorOptions
  1 enable_op string*

message RewriterConfig
  1 layout_optimizer RewriterConfig.Toggle
  3 constant_folding RewriterConfig.Toggle
  13 shape_optimization RewriterConfig.Toggle
  14 remapping RewriterConfig.Toggle
  7 arithmetic_optimization RewriterConfig.Toggle
  8 dependency_optimization RewriterConfig.Toggle
  9 loop_optimization RewriterConfig.Toggle
  10 function_optimization RewriterConfig.Toggle
  11 debug_stripper RewriterConfig.Toggle
  2 disable_model_pruning bool
  15 scoped_allocator_optimization RewriterConfig.Toggle
  18 pin_to_host_optimization RewriterConfig.Toggle
  22 implementation_selector RewriterConfig.Toggle
  23 auto_mixed_precision RewriterConfig.Toggle
  19 disable_meta_optimizer bool
  12 meta_optimizer_iterations RewriterConfig.NumIterationsType
  17 min_graph_nodes int32
  4 memory_optimization RewriterConfig.MemOptType
  6 memory_optimizer_target_node_name_scope string
  20 meta_optimizer_timeout_ms int64
  5 auto_parallel AutoParallelOptions
  21 fail_on_optimizer_errors bool
  16 scoped_allocator_opts ScopedAllocatorOptions
  100 optimizers string*
  200 custom_optimizers RewriterConfig.CustomGraphOptimizer*
  300 inter_optimizer_verifier_config VerifierConfig
  301 post_optimization_verifier_config VerifierConfig

message RewriterConfig.CustomGraphOptimizer
  1 name string
  2 parameter_map {string AttrValue}

enum RewriterConfig.Toggle
  0 DEFAULT
  1 ON
  2 OFF
  3 AGGRESSIVE

enum RewriterConfig.NumIterationsType
  0 DEFAULT_NUM_ITERS
  1 ONE
  2 TWO

enum RewriterConfig.MemOptType
  0 DEFAULT_MEM_OPT
  1 NO_MEM_OPT
  2 MANUAL
  4 SWAPPING_HEURISTICS
  5 RECOMPUTATION_HEURISTICS
  6 SCHEDULING_HEURISTICS
  3 HEURISTICS

message JobDef
  1 name string
  2 tasks {int32 string}

message ClusterDef
  1 job JobDef*

message DebugTensorWatch
  1 node_name string
  2 output_slot int32
  3 debug_ops string*
  4 debug_urls string*
  5 tolerate_debug_op_creation_failures bool

message DebugOptions
  4 debug_tensor_watch_opts DebugTensorWatch*
  10 global_step int64
  11 reset_disk_byte_usage bool

message DebuggedSourceFile
  1 host string
  2 file_path string
  3 last_modified int64
  4 bytes int64
  5 lines string*

message DebuggedSourceFiles
  1 source_files DebuggedSourceFile*

message GPUOptions
  1 per_process_gpu_memory_fraction double
  4 allow_growth bool
  2 allocator_type string
  3 deferred_deletion_bytes int64
  5 visible_device_list string
  6 polling_active_delay_usecs int32
  7 polling_inactive_delay_msecs int32
  8 force_gpu_compatible bool
  9 experimental GPUOptions.Experimental

message GPUOptions.Experimental
  1 virtual_devices GPUOptions.Experimental.VirtualDevices*
  2 use_unified_memory bool
  3 num_dev_to_dev_copy_streams int32
  4 collective_ring_order string
  5 timestamped_allocator bool
  7 kernel_tracker_max_interval int32
  8 kernel_tracker_max_bytes int32
  9 kernel_tracker_max_pending int32

message GPUOptions.Experimental.VirtualDevices
  1 memory_limit_mb float*

message OptimizerOptions
  1 do_common_subexpression_elimination bool
  2 do_constant_folding bool
  6 max_folded_constant_in_bytes int64
  4 do_function_inlining bool
  3 opt_level OptimizerOptions.Level
  5 global_jit_level OptimizerOptions.GlobalJitLevel

enum OptimizerOptions.Level
  0 L1
  -1 L0

enum OptimizerOptions.GlobalJitLevel
  0 DEFAULT
  -1 OFF
  1 ON_1
  2 ON_2

message GraphOptions
  2 enable_recv_scheduling bool
  3 optimizer_options OptimizerOptions
  4 build_cost_model int64
  9 build_cost_model_after int64
  5 infer_shapes bool
  6 place_pruned_graph bool
  7 enable_bfloat16_sendrecv bool
  8 timeline_step int32
  10 rewrite_options RewriterConfig

message ThreadPoolOptionProto
  1 num_threads int32
  2 global_name string

message RPCOptions
  1 use_rpc_for_inprocess_master bool
  2 compression_algorithm string
  3 compression_level int32
  4 cache_rpc_response bool
  5 disable_session_connection_sharing bool

message SessionMetadata
  1 name string
  2 version int64

message ConfigProto
  1 device_count {string int32}
  2 intra_op_parallelism_threads int32
  5 inter_op_parallelism_threads int32
  9 use_per_session_threads bool
  12 session_inter_op_thread_pool ThreadPoolOptionProto*
  3 placement_period int32
  4 device_filters string*
  6 gpu_options GPUOptions
  7 allow_soft_placement bool
  8 log_device_placement bool
  10 graph_options GraphOptions
  11 operation_timeout_in_ms int64
  13 rpc_options RPCOptions
  14 cluster_def ClusterDef
  15 isolate_session_state bool
  16 experimental ConfigProto.Experimental

message ConfigProto.Experimental
  1 collective_group_leader string
  3 executor_type string
  4 recv_buf_max_chunk int32
  5 use_numa_affinity bool
  6 collective_deterministic_sequential_execution bool
  7 collective_nccl bool
  8 share_session_state_in_clusterspec_propagation bool
  9 disable_thread_spinning bool
  10 share_cluster_devices_in_session bool
  11 session_metadata SessionMetadata
  12 optimize_for_static_graph bool

message RunOptions
  1 trace_level RunOptions.TraceLevel
  2 timeout_in_ms int64
  3 inter_op_thread_pool int32
  5 output_partition_graphs bool
  6 debug_options DebugOptions
  7 report_tensor_allocations_upon_oom bool
  8 experimental RunOptions.Experimental

message RunOptions.Experimental
  1 collective_graph_key int64
  2 use_run_handler_pool bool

enum RunOptions.TraceLevel
  0 NO_TRACE
  1 SOFTWARE_TRACE
  2 HARDWARE_TRACE
  3 FULL_TRACE

message RunMetadata
  1 step_stats StepStats
  2 cost_graph CostGraphDef
  3 partition_graphs GraphDef*
  4 function_graphs RunMetadata.FunctionGraphs*

message RunMetadata.FunctionGraphs
  1 partition_graphs GraphDef*
  2 pre_optimization_graph GraphDef
  3 post_optimization_graph GraphDef

message TensorConnection
  1 from_tensor string
  2 to_tensor string

message CallableOptions
  1 feed string*
  2 fetch string*
  3 target string*
  4 run_options RunOptions
  5 tensor_connection TensorConnection*
  6 feed_devices {string string}
  7 fetch_devices {string string}
  8 fetch_skip_sync bool

message ServerDef
  1 cluster ClusterDef
  2 job_name string
  3 task_index int32
  4 default_session_config ConfigProto
  5 protocol string

package tensorflow.error

enum Code
  0 OK
  1 CANCELLED
  2 UNKNOWN
  3 INVALID_ARGUMENT
  4 DEADLINE_EXCEEDED
  5 NOT_FOUND
  6 ALREADY_EXISTS
  7 PERMISSION_DENIED
  16 UNAUTHENTICATED
  8 RESOURCE_EXHAUSTED
  9 FAILED_PRECONDITION
  10 ABORTED
  11 OUT_OF_RANGE
  12 UNIMPLEMENTED
  13 INTERNAL
  14 UNAVAILABLE
  15 DATA_LOSS
  20 DO_NOT_USE_RESERVED_FOR_FUTURE_EXPANSION_USE_DEFAULT_IN_SWITCH_INSTEAD_
"""
