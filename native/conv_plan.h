#ifndef HEADRACE_NATIVE_CONV_PLAN_H_
#define HEADRACE_NATIVE_CONV_PLAN_H_

#include <cstdint>

// What conv.cc, which plans and is compiled for any processor, tells the kernels, which are
// compiled once for each instruction set. Only plain structures: an inline function here would
// exist in every translation unit, and the linker might keep the copy that uses the widest
// instructions.

namespace headrace::conv {

using Index = std::int64_t;

// How a correlation slides over one image, and how its output grid is cut into strips, the units of
// work small enough for a core's second-level cache.
struct Window {
  Index in_h, in_w, channels;
  Index stride_h, stride_w;
  Index pad_top, pad_left;
  Index reach_h, reach_w;  // Input rows and columns that one output pixel spans.
  Index out_h, out_w;
  Index strip_rows, strip_cols;
  Index row_strips, col_strips;
  bool in_place;  // No pixel reads outside the image: strips need no padded copy.
  Index row_stride;  // Elements from one input row to the next, in the copy or in place.
};

// A run of reduction steps whose inputs are adjacent: filter columns and channels where the filter
// is not dilated horizontally, else channels.
struct Segment {
  Index x_offset;  // From the first input element that the output pixel spans.
  Index length;
};

// Consecutive segments whose packed filter slice fits the first-level cache.
struct Chunk {
  Index first_segment, segments;
  Index first_step;
};

// The channels of the result, in vectors and in blocks of up to `vectors` vectors.
//
// Usually a vector holds adjacent channels, and a filter packed for it, or a partial gradient of
// it, is laid out [block][step][vector of the block][lane], lanes past the last channel being zero.
// A result of few channels would waste most lanes: `narrow` blocks take one channel for a vector,
// lanes hold adjacent steps, and the layout is [block][segment][vector of steps][channel of the
// block][lane], lanes past the segment's last step being zero.
struct ChannelBlocks {
  Index channels;
  bool narrow;
  Index vector_channels;  // One if narrow.
  Index vector_size;  // Elements that the layouts above take for each vector of channels.
  Index vectors_total;
  Index vectors;
  Index blocks;
  Index blocks_per_group, groups;  // A task works on one group of blocks.
};

// y[pixel, o] = sum over steps of x[pixel, step] * filter[step, o]: the forward convolution, or
// one phase of the input gradient. Its tasks are numbered image by image, then strip, then group.
template <typename T>
struct Correlation {
  Window window;
  ChannelBlocks out;
  const T* x;
  const T* filter;
  T* y;
  Index y_image_stride, y_row_stride, y_pixel_stride;
  const Segment* segments;
  const Chunk* chunks;
  Index chunk_count;
  Index steps;
  Index tasks;
};

// dw[step, o] = sum over pixels of x[pixel, step] * dy[pixel, o]. Items, which are strips of
// images, are dealt in runs of `items_per_part` to `parts` partial results; a task computes one
// group of channel blocks of one part.
template <typename T>
struct FilterGrad {
  Window window;
  ChannelBlocks out;
  const T* x;
  const T* dy;
  T* partial;  // Of each part, its blocks.
  Index part_stride;
  const Segment* segments;
  Index segment_count;
  Index steps;
  Index items, items_per_part, parts;
  Index chunk_rows;  // Output rows whose dy stays in the first-level cache.
  bool dy_in_place;  // Pixels of dy are read where they are, else from copies block by block.
  Index x_scratch;  // Elements of scratch memory used for the input strip; dy's copy follows.
  Index tasks;
};

// The kernels of one instruction set for one element type.
template <typename T>
struct Kernels {
  Index lanes;
  Index accumulators;  // Vector registers that one tile may accumulate in.
  void (*correlate)(const Correlation<T>& plan, Index task, T* scratch);
  void (*filter_grad)(const FilterGrad<T>& plan, Index task, T* scratch);
  // dw[first_step ... last_step) from the partial results, added in order.
  void (*reduce)(const FilterGrad<T>& plan, Index first_step, Index last_step, T* dw);
};

constexpr Index kMaxVectors = 4;

// Null where the translation unit was not compiled for its instruction set.
const Kernels<float>* avx512_f32();
const Kernels<double>* avx512_f64();
const Kernels<float>* avx2_f32();
const Kernels<double>* avx2_f64();
const Kernels<float>* neon_f32();
const Kernels<double>* neon_f64();

}  // namespace headrace::conv

#endif  // HEADRACE_NATIVE_CONV_PLAN_H_
