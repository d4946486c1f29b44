"""What is logged and read as data: summaries, events and examples."""

TABLE = """
message ProjectorConfig
  1 model_checkpoint_path string
  2 embeddings EmbeddingInfo*
  3 model_checkpoint_dir string

message EmbeddingInfo
  1 tensor_name string
  2 metadata_path string
  3 bookmarks_path string
  4 tensor_shape uint32*
  5 sprite SpriteMetadata
  6 tensor_path string

message SpriteMetadata
  1 image_path string
  2 single_image_dim uint32*

message SummaryDescription
  1 type_hint string

message HistogramProto
  1 min double
  2 max double
  3 num double
  4 sum double
  5 sum_squares double
  6 bucket_limit double*
  7 bucket double*

message SummaryMetadata
  1 plugin_data SummaryMetadata.PluginData
  2 display_name string
  3 summary_description string

message SummaryMetadata.PluginData
  1 plugin_name string
  2 content bytes

message Summary
  1 value Summary.Value*

message Summary.Image
  1 height int32
  2 width int32
  3 colorspace int32
  4 encoded_image_string bytes

message Summary.Audio
  1 sample_rate float
  2 num_channels int64
  3 length_frames int64
  4 encoded_audio_string bytes
  5 content_type string

message Summary.Value
  7 node_name string
  1 tag string
  9 metadata SummaryMetadata
  2 simple_value float |value
  3 obsolete_old_style_histogram bytes |value
  4 image Summary.Image |value
  5 histo HistogramProto |value
  6 audio Summary.Audio |value
  8 tensor TensorProto |value

enum WorkerHealth
  0 OK
  1 RECEIVED_SHUTDOWN_SIGNAL
  2 INTERNAL_ERROR
  3 SHUTTING_DOWN

enum WorkerShutdownMode
  0 DEFAULT
  1 NOT_CONFIGURED
  2 WAIT_FOR_COORDINATOR
  3 SHUTDOWN_AFTER_TIMEOUT

message Event
  1 wall_time double
  2 step int64
  3 file_version string |what
  4 graph_def bytes |what
  5 summary Summary |what
  6 log_message LogMessage |what
  7 session_log SessionLog |what
  8 tagged_run_metadata TaggedRunMetadata |what
  9 meta_graph_def bytes |what

message LogMessage
  1 level LogMessage.Level
  2 message string

enum LogMessage.Level
  0 UNKNOWN
  10 DEBUGGING
  20 INFO
  30 WARN
  40 ERROR
  50 FATAL

message SessionLog
  1 status SessionLog.SessionStatus
  2 checkpoint_path string
  3 msg string

enum SessionLog.SessionStatus
  0 STATUS_UNSPECIFIED
  1 START
  2 STOP
  3 CHECKPOINT

message TaggedRunMetadata
  1 tag string
  2 run_metadata bytes

message WatchdogConfig
  1 timeout_ms int64

message WorkerHeartbeatRequest
  1 shutdown_mode WorkerShutdownMode
  2 watchdog_config WatchdogConfig

message WorkerHeartbeatResponse
  1 health_status WorkerHealth
  2 worker_log Event*
  3 hostname string

message BytesList
  1 value bytes*

message FloatList
  1 value float*

message Int64List
  1 value int64*

message Feature
  1 bytes_list BytesList |kind
  2 float_list FloatList |kind
  3 int64_list Int64List |kind

message Features
  1 feature {string Feature}

message FeatureList
  1 feature Feature*

message FeatureLists
  1 feature_list {string FeatureList}

message Example
  1 features Features

message SequenceExample
  1 context Features
  2 feature_lists FeatureLists
"""
