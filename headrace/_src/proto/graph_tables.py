"""What a graph is: shapes, tensors, attributes, nodes, functions and operator definitions."""

TABLE = """
enum DataType
  0 DT_INVALID
  1 DT_FLOAT
  2 DT_DOUBLE
  3 DT_INT32
  4 DT_UINT8
  5 DT_INT16
  6 DT_INT8
  7 DT_STRING
  8 DT_COMPLEX64
  9 DT_INT64
  10 DT_BOOL
  11 DT_QINT8
  12 DT_QUINT8
  13 DT_QINT32
  14 DT_BFLOAT16
  15 DT_QINT16
  16 DT_QUINT16
  17 DT_UINT16
  18 DT_COMPLEX128
  19 DT_HALF
  20 DT_RESOURCE
  21 DT_VARIANT
  22 DT_UINT32
  23 DT_UINT64
  101 DT_FLOAT_REF
  102 DT_DOUBLE_REF
  103 DT_INT32_REF
  104 DT_UINT8_REF
  105 DT_INT16_REF
  106 DT_INT8_REF
  107 DT_STRING_REF
  108 DT_COMPLEX64_REF
  109 DT_INT64_REF
  110 DT_BOOL_REF
  111 DT_QINT8_REF
  112 DT_QUINT8_REF
  113 DT_QINT32_REF
  114 DT_BFLOAT16_REF
  115 DT_QINT16_REF
  116 DT_QUINT16_REF
  117 DT_UINT16_REF
  118 DT_COMPLEX128_REF
  119 DT_HALF_REF
  120 DT_RESOURCE_REF
  121 DT_VARIANT_REF
  122 DT_UINT32_REF
  123 DT_UINT64_REF

message VersionDef
  1 producer int32
  2 min_consumer int32
  3 bad_consumers int32*

message TensorShapeProto
  2 dim TensorShapeProto.Dim*
  3 unknown_rank bool

message TensorShapeProto.Dim
  1 size int64
  2 name string

message ResourceHandleProto
  1 device string
  2 container string
  3 name string
  4 hash_code uint64
  5 maybe_type_name string
  6 dtypes_and_shapes ResourceHandleProto.DtypeAndShape*

message ResourceHandleProto.DtypeAndShape
  1 dtype DataType
  2 shape TensorShapeProto

message TensorProto
  1 dtype DataType
  2 tensor_shape TensorShapeProto
  3 version_number int32
  4 tensor_content bytes
  13 half_val int32*
  5 float_val float*
  6 double_val double*
  7 int_val int32*
  8 string_val bytes*
  9 scomplex_val float*
  10 int64_val int64*
  11 bool_val bool*
  12 dcomplex_val double*
  14 resource_handle_val ResourceHandleProto*
  15 variant_val VariantTensorDataProto*
  16 uint32_val uint32*
  17 uint64_val uint64*

message VariantTensorDataProto
  1 type_name string
  2 metadata bytes
  3 tensors TensorProto*

message AttrValue
  2 s bytes |value
  3 i int64 |value
  4 f float |value
  5 b bool |value
  6 type DataType |value
  7 shape TensorShapeProto |value
  8 tensor TensorProto |value
  1 list AttrValue.ListValue |value
  10 func NameAttrList |value
  9 placeholder string |value

message AttrValue.ListValue
  2 s bytes*
  3 i int64*
  4 f float*
  5 b bool*
  6 type DataType*
  7 shape TensorShapeProto*
  8 tensor TensorProto*
  9 func NameAttrList*

message NameAttrList
  1 name string
  2 attr {string AttrValue}

message NodeDef
  1 name string
  2 op string
  3 input string*
  4 device string
  5 attr {string AttrValue}
  6 experimental_debug_info NodeDef.ExperimentalDebugInfo

message NodeDef.ExperimentalDebugInfo
  1 original_node_names string*
  2 original_func_names string*

message OpDef
  1 name string
  2 input_arg OpDef.ArgDef*
  3 output_arg OpDef.ArgDef*
  20 control_output string*
  4 attr OpDef.AttrDef*
  8 deprecation OpDeprecation
  5 summary string
  6 description string
  18 is_commutative bool
  16 is_aggregate bool
  17 is_stateful bool
  19 allows_uninitialized_input bool

message OpDef.ArgDef
  1 name string
  2 description string
  3 type DataType
  4 type_attr string
  5 number_attr string
  6 type_list_attr string
  16 is_ref bool

message OpDef.AttrDef
  1 name string
  2 type string
  3 default_value AttrValue
  4 description string
  5 has_minimum bool
  6 minimum int64
  7 allowed_values AttrValue

message OpDeprecation
  1 version int32
  2 explanation string

message OpList
  1 op OpDef*

message FunctionDefLibrary
  1 function FunctionDef*
  2 gradient GradientDef*

message FunctionDef
  1 signature OpDef
  5 attr {string AttrValue}
  7 arg_attr {uint32 FunctionDef.ArgAttrs}
  3 node_def NodeDef*
  4 ret {string string}
  6 control_ret {string string}

message FunctionDef.ArgAttrs
  1 attr {string AttrValue}

message GradientDef
  1 function_name string
  2 gradient_func string

message GraphDef
  1 node NodeDef*
  4 versions VersionDef
  3 version int32
  2 library FunctionDefLibrary
"""
