"""What is saved: meta graphs, SavedModel, checkpoints, variables, control-flow contexts."""

TABLE = """
enum VariableSynchronization
  0 VARIABLE_SYNCHRONIZATION_AUTO
  1 VARIABLE_SYNCHRONIZATION_NONE
  2 VARIABLE_SYNCHRONIZATION_ON_WRITE
  3 VARIABLE_SYNCHRONIZATION_ON_READ

enum VariableAggregation
  0 VARIABLE_AGGREGATION_NONE
  1 VARIABLE_AGGREGATION_SUM
  2 VARIABLE_AGGREGATION_MEAN
  3 VARIABLE_AGGREGATION_ONLY_FIRST_REPLICA

message VariableDef
  1 variable_name string
  6 initial_value_name string
  2 initializer_name string
  3 snapshot_name string
  4 save_slice_info_def SaveSliceInfoDef
  5 is_resource bool
  7 trainable bool
  8 synchronization VariableSynchronization
  9 aggregation VariableAggregation

message SaveSliceInfoDef
  1 full_name string
  2 full_shape int64*
  3 var_offset int64*
  4 var_shape int64*

message TensorSliceProto
  1 extent TensorSliceProto.Extent*

message TensorSliceProto.Extent
  1 start int64
  2 length int64 |has_length

message NamedTensorProto
  1 name string
  2 tensor TensorProto

message SaverDef
  1 filename_tensor_name string
  2 save_tensor_name string
  3 restore_op_name string
  4 max_to_keep int32
  5 sharded bool
  6 keep_checkpoint_every_n_hours float
  7 version SaverDef.CheckpointFormatVersion

enum SaverDef.CheckpointFormatVersion
  0 LEGACY
  1 V1
  2 V2

message QueueRunnerDef
  1 queue_name string
  2 enqueue_op_name string*
  3 close_op_name string
  4 cancel_op_name string
  5 queue_closed_exception_types .tensorflow.error.Code*

message ValuesDef
  1 values string*
  2 external_values {string string}

message ControlFlowContextDef
  1 cond_ctxt CondContextDef |ctxt
  2 while_ctxt WhileContextDef |ctxt

message CondContextDef
  1 context_name string
  2 pred_name string
  3 pivot_name string
  4 branch int32
  5 values_def ValuesDef
  6 nested_contexts ControlFlowContextDef*

message WhileContextDef
  1 context_name string
  2 parallel_iterations int32
  3 back_prop bool
  4 swap_memory bool
  5 pivot_name string
  6 pivot_for_pred_name string
  7 pivot_for_body_name string
  8 loop_exit_names string*
  10 loop_enter_names string*
  9 values_def ValuesDef
  11 maximum_iterations_name string
  12 nested_contexts ControlFlowContextDef*

message StructuredValue
  1 none_value NoneValue |kind
  11 float64_value double |kind
  12 int64_value sint64 |kind
  13 string_value string |kind
  14 bool_value bool |kind
  31 tensor_shape_value TensorShapeProto |kind
  32 tensor_dtype_value DataType |kind
  33 tensor_spec_value TensorSpecProto |kind
  34 type_spec_value TypeSpecProto |kind
  51 list_value ListValue |kind
  52 tuple_value TupleValue |kind
  53 dict_value DictValue |kind
  54 named_tuple_value NamedTupleValue |kind

message NoneValue

message ListValue
  1 values StructuredValue*

message TupleValue
  1 values StructuredValue*

message DictValue
  1 fields {string StructuredValue}

message PairValue
  1 key string
  2 value StructuredValue

message NamedTupleValue
  1 name string
  2 values PairValue*

message TensorSpecProto
  1 name string
  2 shape TensorShapeProto
  3 dtype DataType

message TypeSpecProto
  1 type_spec_class TypeSpecProto.TypeSpecClass
  2 type_state StructuredValue
  3 type_spec_class_name string

enum TypeSpecProto.TypeSpecClass
  0 UNKNOWN
  1 SPARSE_TENSOR_SPEC
  2 INDEXED_SLICES_SPEC
  3 RAGGED_TENSOR_SPEC
  4 TENSOR_ARRAY_SPEC
  5 DATA_DATASET_SPEC
  6 DATA_ITERATOR_SPEC
  7 OPTIONAL_SPEC
  8 PER_REPLICA_SPEC

message TrackableObjectGraph
  1 nodes TrackableObjectGraph.TrackableObject*

message TrackableObjectGraph.TrackableObject
  1 children TrackableObjectGraph.TrackableObject.ObjectReference*
  2 attributes TrackableObjectGraph.TrackableObject.SerializedTensor*
  3 slot_variables TrackableObjectGraph.TrackableObject.SlotVariableReference*

message TrackableObjectGraph.TrackableObject.ObjectReference
  1 node_id int32
  2 local_name string

message TrackableObjectGraph.TrackableObject.SerializedTensor
  1 name string
  2 full_name string
  3 checkpoint_key string
  4 optional_restore bool

message TrackableObjectGraph.TrackableObject.SlotVariableReference
  1 original_variable_node_id int32
  2 slot_name string
  3 slot_variable_node_id int32

message SavedObjectGraph
  1 nodes SavedObject*
  2 concrete_functions {string SavedConcreteFunction}

message SavedObject
  1 children TrackableObjectGraph.TrackableObject.ObjectReference*
  3 slot_variables TrackableObjectGraph.TrackableObject.SlotVariableReference*
  4 user_object SavedUserObject |kind
  5 asset SavedAsset |kind
  6 function SavedFunction |kind
  7 variable SavedVariable |kind
  8 bare_concrete_function SavedBareConcreteFunction |kind
  9 constant SavedConstant |kind
  10 resource SavedResource |kind

message SavedUserObject
  1 identifier string
  2 version VersionDef
  3 metadata string

message SavedAsset
  1 asset_file_def_index int32

message SavedFunction
  1 concrete_functions string*
  2 function_spec FunctionSpec

message SavedConcreteFunction
  2 bound_inputs int32*
  3 canonicalized_input_signature StructuredValue
  4 output_signature StructuredValue

message SavedBareConcreteFunction
  1 concrete_function_name string
  2 argument_keywords string*
  3 allowed_positional_arguments int64

message SavedConstant
  1 operation string

message SavedVariable
  1 dtype DataType
  2 shape TensorShapeProto
  3 trainable bool
  4 synchronization VariableSynchronization
  5 aggregation VariableAggregation
  6 name string

message FunctionSpec
  1 fullargspec StructuredValue
  2 is_method bool
  5 input_signature StructuredValue

message SavedResource
  1 device string

message MetaGraphDef
  1 meta_info_def MetaGraphDef.MetaInfoDef
  2 graph_def GraphDef
  3 saver_def SaverDef
  4 collection_def {string CollectionDef}
  5 signature_def {string SignatureDef}
  6 asset_file_def AssetFileDef*
  7 object_graph_def SavedObjectGraph

message MetaGraphDef.MetaInfoDef
  1 meta_graph_version string
  2 stripped_op_list OpList
  3 any_info .google.protobuf.Any
  4 tags string*
  5 tensorflow_version string
  6 tensorflow_git_version string
  7 stripped_default_attrs bool

message CollectionDef
  1 node_list CollectionDef.NodeList |kind
  2 bytes_list CollectionDef.BytesList |kind
  3 int64_list CollectionDef.Int64List |kind
  4 float_list CollectionDef.FloatList |kind
  5 any_list CollectionDef.AnyList |kind

message CollectionDef.NodeList
  1 value string*

message CollectionDef.BytesList
  1 value bytes*

message CollectionDef.Int64List
  1 value int64*

message CollectionDef.FloatList
  1 value float*

message CollectionDef.AnyList
  1 value .google.protobuf.Any*

message TensorInfo
  1 name string |encoding
  4 coo_sparse TensorInfo.CooSparse |encoding
  5 composite_tensor TensorInfo.CompositeTensor |encoding
  2 dtype DataType
  3 tensor_shape TensorShapeProto

message TensorInfo.CooSparse
  1 values_tensor_name string
  2 indices_tensor_name string
  3 dense_shape_tensor_name string

message TensorInfo.CompositeTensor
  1 type_spec TypeSpecProto
  2 components TensorInfo*

message SignatureDef
  1 inputs {string TensorInfo}
  2 outputs {string TensorInfo}
  3 method_name string

message AssetFileDef
  1 tensor_info TensorInfo
  2 filename string

message SavedModel
  1 saved_model_schema_version int64
  2 meta_graphs MetaGraphDef*

message BundleHeaderProto
  1 num_shards int32
  2 endianness BundleHeaderProto.Endianness
  3 version VersionDef

enum BundleHeaderProto.Endianness
  0 LITTLE
  1 BIG

message BundleEntryProto
  1 dtype DataType
  2 shape TensorShapeProto
  3 shard_id int32
  4 offset int64
  5 size int64
  6 crc32c fixed32
  7 slices TensorSliceProto*

message SavedSliceMeta
  1 name string
  2 shape TensorShapeProto
  3 type DataType
  4 slice TensorSliceProto*

message SavedTensorSliceMeta
  1 tensor SavedSliceMeta*
  2 versions VersionDef

message SavedSlice
  1 name string
  2 slice TensorSliceProto
  3 data TensorProto

message SavedTensorSlices
  1 meta SavedTensorSliceMeta
  2 data SavedSlice

message CheckpointState
  1 model_checkpoint_path string
  2 all_model_checkpoint_paths string*
  3 all_model_checkpoint_timestamps double*
  4 last_preserved_timestamp double

message HParamDef
  1 hparam {string HParamDef.HParamType}

message HParamDef.BytesList
  1 value bytes*

message HParamDef.FloatList
  1 value float*

message HParamDef.Int64List
  1 value int64*

message HParamDef.BoolList
  1 value bool*

message HParamDef.HParamType
  1 int64_value int64 |kind
  2 float_value float |kind
  3 bytes_value bytes |kind
  7 bool_value bool |kind
  4 int64_list HParamDef.Int64List |kind
  5 float_list HParamDef.FloatList |kind
  6 bytes_list HParamDef.BytesList |kind
  8 bool_list HParamDef.BoolList |kind
"""
