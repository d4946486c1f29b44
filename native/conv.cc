#include "conv.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string_view>
#include <vector>

#include "conv_memory.h"
#include "conv_plan.h"

namespace headrace {
namespace conv {
namespace {

// Bytes of padded input that a strip may need, of packed filter that a chunk may take, and of dy
// that a filter gradient goes over at once: fractions of a second-level cache of 512 KB, and about
// a first-level cache. Filters stream from the second level at no loss.
constexpr Index kStripBytes = 128 << 10;
constexpr Index kFilterChunkBytes = 256 << 10;
constexpr Index kGradChunkBytes = 32 << 10;
// Partial filter gradients together: enough to divide small filters among threads, few enough to
// stay in cache until they are added up.
constexpr Index kPartialBytes = 2 << 20;
// Independent tasks to aim for where the batch alone does not give them.
constexpr Index kTasks = 16;
// Below so many multiplications a task costs less than handing it to a thread.
constexpr Index kTaskWork = 1 << 20;

Index ceil_div(Index a, Index b) { return (a + b - 1) / b; }

// Rounds towards minus infinity, as index arithmetic around the padding needs; b is positive.
Index floor_div(Index a, Index b) { return a >= 0 ? a / b : -ceil_div(-a, b); }

// The size of the most equal parts, of at most `most` each, that make up `total`.
Index even_part(Index total, Index most) { return ceil_div(total, ceil_div(total, most)); }

// One dimension of a correlation.
struct Axis {
  Index in, out, taps, stride, dilation, pad;

  Index reach() const { return taps == 0 ? 0 : (taps - 1) * dilation + 1; }
  bool inside() const {
    return taps == 0 || out == 0 || (pad <= 0 && (out - 1) * stride - pad + reach() <= in);
  }
  bool identity() const { return taps == 1 && stride == 1 && pad == 0 && in == out; }
};

struct Geometry {
  Index batch, channels;
  Axis h, w;

  Index pixels() const { return batch * h.out * w.out; }
  Index steps() const { return h.taps * w.taps * channels; }
  // Taps of a row read adjacent inputs unless they are dilated.
  bool merges() const { return w.dilation == 1 || w.taps == 1; }
  Index row_segments() const { return merges() ? std::min<Index>(w.taps, 1) : w.taps; }
  Index segment_length() const { return merges() ? w.taps * channels : channels; }
};

// A 1 x 1 correlation is a matrix product: one image of one row, so that tiles need not respect
// where the rows and the images ended.
void flatten(Geometry& g) {
  if (!g.h.identity() || !g.w.identity()) return;
  const Index pixels = g.pixels();
  g.batch = 1;
  g.h.in = g.h.out = 1;
  g.w.in = g.w.out = pixels;
}

// Strips of at most `most_cols` columns, with inputs within kStripBytes where one row of a few
// pixels allows it, and at least kTasks of them if that takes no tiny ones.
Window make_window(const Geometry& g, Index element_bytes, Index most_cols) {
  Window window{};
  window.in_h = g.h.in, window.in_w = g.w.in, window.channels = g.channels;
  window.stride_h = g.h.stride, window.stride_w = g.w.stride;
  window.pad_top = g.h.pad, window.pad_left = g.w.pad;
  window.reach_h = g.h.reach(), window.reach_w = g.w.reach();
  window.out_h = g.h.out, window.out_w = g.w.out;
  window.in_place = g.h.inside() && g.w.inside();
  const Index budget = kStripBytes / (std::max<Index>(g.channels, 1) * element_bytes);
  const Index least_cols = std::min<Index>(g.w.out, 28);
  const Index row_budget = budget / std::max<Index>(window.reach_h, 1);
  const Index wide = (row_budget - window.reach_w) / g.w.stride + 1;
  Index cols = std::clamp(std::min(wide, most_cols), least_cols, g.w.out);
  const Index patch_cols = (cols - 1) * g.w.stride + window.reach_w;
  const Index high = (budget / std::max<Index>(patch_cols, 1) - window.reach_h) / g.h.stride + 1;
  Index rows = std::clamp<Index>(high, 1, g.h.out);
  const Index wanted = ceil_div(kTasks, g.batch);
  rows = std::min(rows, ceil_div(g.h.out, wanted));
  const Index wanted_cols = ceil_div(wanted, ceil_div(g.h.out, rows));
  cols = std::clamp(ceil_div(g.w.out, wanted_cols), least_cols, cols);
  window.strip_rows = even_part(g.h.out, rows);
  window.strip_cols = even_part(g.w.out, cols);
  window.row_strips = ceil_div(g.h.out, window.strip_rows);
  window.col_strips = ceil_div(g.w.out, window.strip_cols);
  const Index row_pixels =
      window.in_place ? g.w.in : (window.strip_cols - 1) * g.w.stride + window.reach_w;
  window.row_stride = row_pixels * g.channels;
  return window;
}

// Elements of the padded copy of a strip.
Index patch_size(const Window& window) {
  if (window.in_place) return 0;
  return ((window.strip_rows - 1) * window.stride_h + window.reach_h) * window.row_stride;
}

// Cycles, roughly, that one reduction step takes for `length` pixels (or one pixel for `length`
// steps) by `vectors` vectors cut into tiles: multiply-adds, loads, or waiting for the previous
// sums.
double tile_cost(Index length, Index vectors, Index accumulators) {
  constexpr double kLatency = 4.5;
  constexpr double kLoad = 0.1;
  const Index tiles = ceil_div(length, accumulators / vectors);
  const double size = static_cast<double>(length) / static_cast<double>(tiles);
  const double products = size * static_cast<double>(vectors);
  const double loads = size + static_cast<double>(vectors);
  return static_cast<double>(tiles) * (std::max({products, loads, kLatency}) + kLoad * loads);
}

// Cuts the result's channels, `vector_channels` to a vector, into the blocks that suit tiles along
// a dimension of `length`; `cost` is then what a step takes.
ChannelBlocks cut_channels(Index channels, Index vector_channels, Index length, Index accumulators,
                           double& cost) {
  ChannelBlocks out{};
  out.channels = channels;
  out.vector_channels = vector_channels;
  out.vectors_total = ceil_div(channels, vector_channels);
  for (Index vectors = 1; vectors <= std::min(kMaxVectors, out.vectors_total); ++vectors) {
    const Index rest = out.vectors_total % vectors;
    double total = static_cast<double>(out.vectors_total / vectors) *
                   tile_cost(length, vectors, accumulators);
    if (rest != 0) total += tile_cost(length, rest, accumulators);
    if (out.vectors == 0 || total < cost) {
      cost = total;
      out.vectors = vectors;
    }
  }
  out.blocks = ceil_div(out.vectors_total, out.vectors);
  return out;
}

// Chooses wide or narrow blocks. Tiles go over `pixels` pixels, or, when that is zero, over a
// segment's steps; `segments` of `length` steps each are summed.
template <typename T>
ChannelBlocks make_blocks(const Kernels<T>& kernels, Index channels, Index pixels, Index segments,
                          Index length) {
  // Adding up the lanes of a vector, in multiply-adds.
  constexpr double kTotal = 10;
  const Index lanes = kernels.lanes;
  const Index vectors = ceil_div(length, lanes);
  double wide_cost = 0;
  double narrow_cost = 0;
  ChannelBlocks wide = cut_channels(channels, lanes, pixels != 0 ? pixels : length,
                                    kernels.accumulators, wide_cost);
  wide.vector_size = lanes * segments * length;
  if (channels >= lanes || segments * length == 0) return wide;
  ChannelBlocks narrow = cut_channels(channels, 1, pixels != 0 ? pixels : vectors,
                                      kernels.accumulators, narrow_cost);
  narrow.narrow = true;
  narrow.vector_size = lanes * segments * vectors;
  if (pixels != 0) {
    wide_cost *= static_cast<double>(length);
    narrow_cost *= static_cast<double>(vectors);
    narrow_cost += kTotal * static_cast<double>(channels * pixels) / static_cast<double>(segments);
  }
  return narrow_cost < wide_cost ? narrow : wide;
}

// Groups the blocks so that there are kTasks tasks where the channels allow it.
void group_blocks(ChannelBlocks& out, Index tasks) {
  out.blocks_per_group = ceil_div(out.blocks, std::min(out.blocks, ceil_div(kTasks, tasks)));
  out.groups = ceil_div(out.blocks, out.blocks_per_group);
}

std::vector<Segment> make_segments(const Geometry& g, Index row_stride) {
  std::vector<Segment> segments;
  for (Index r = 0; r < g.h.taps; ++r) {
    for (Index s = 0; s < g.row_segments(); ++s) {
      segments.push_back({r * g.h.dilation * row_stride + s * g.w.dilation * g.channels,
                          g.segment_length()});
    }
  }
  return segments;
}

// Cuts the segments where chunks of at most `most` steps end; there is always one chunk, so that an
// empty sum gets written too.
std::vector<Chunk> make_chunks(std::vector<Segment>& segments, Index steps, Index most) {
  const Index size = steps == 0 ? 1 : even_part(steps, most);
  std::vector<Segment> cut;
  std::vector<Chunk> chunks(1);
  Index step = 0;
  for (Segment segment : segments) {
    while (segment.length > 0) {
      if (step == static_cast<Index>(chunks.size()) * size) {
        chunks.push_back({static_cast<Index>(cut.size()), 0, step});
      }
      const Index room = static_cast<Index>(chunks.size()) * size - step;
      const Index length = std::min(segment.length, room);
      cut.push_back({segment.x_offset, length});
      ++chunks.back().segments;
      segment.x_offset += length;
      segment.length -= length;
      step += length;
    }
  }
  segments = std::move(cut);
  return chunks;
}

// Runs tasks 0 ... tasks - 1 of `work` multiplications together, several to a piece where they are
// small.
template <typename F>
void run_tasks(const ParallelFor& parallel, Index tasks, Index work, const F& task) {
  if (tasks == 0) return;
  const Index most = parallel.threads > 1 ? Index{parallel.threads} * 16 : 1;
  const Index pieces = std::clamp<Index>(work / kTaskWork, 1, std::min(tasks, most));
  const std::function<void(int)> piece = [&](int i) {
    const Index first = tasks * i / pieces;
    const Index last = tasks * (i + 1) / pieces;
    task(first, last);
  };
  if (pieces == 1) {
    piece(0);
  } else {
    parallel.run(static_cast<int>(pieces), piece);
  }
}

// ---- Correlation: the forward convolution and the phases of the input gradient ----

template <typename T>
struct PlannedCorrelation {
  Correlation<T> plan;
  std::vector<Segment> segments;
  std::vector<Chunk> chunks;
  Index segment_length;  // Before they were cut into chunks.
  Index scratch;
  Index work;

  Index filter_size() const { return plan.out.vectors_total * plan.out.vector_size; }
};

template <typename T>
PlannedCorrelation<T> plan_correlation(const Kernels<T>& kernels, const Geometry& g,
                                       Index channels) {
  PlannedCorrelation<T> planned{};
  Correlation<T>& plan = planned.plan;
  plan.window = make_window(g, sizeof(T), g.w.out);
  const Index strips = g.batch * plan.window.row_strips * plan.window.col_strips;
  plan.out = make_blocks(kernels, channels, plan.window.strip_cols, g.h.taps * g.row_segments(),
                         g.segment_length());
  group_blocks(plan.out, strips);
  plan.steps = g.steps();
  plan.tasks = strips * plan.out.groups;
  planned.segments = make_segments(g, plan.window.row_stride);
  const Index step_bytes = plan.out.vectors * kernels.lanes * Index{sizeof(T)};
  const Index most = plan.out.narrow ? plan.steps : kFilterChunkBytes / step_bytes;
  planned.chunks = make_chunks(planned.segments, plan.steps, most);
  plan.chunk_count = static_cast<Index>(planned.chunks.size());
  planned.segment_length = g.segment_length();
  planned.scratch = patch_size(plan.window);
  planned.work = g.pixels() * plan.steps * channels;
  return planned;
}

template <typename T>
void run_correlations(const Kernels<T>& kernels, std::vector<PlannedCorrelation<T>>& planned,
                      const ParallelFor& parallel) {
  std::vector<Index> starts{0};
  Index work = 0;
  Index scratch_size = 0;
  for (PlannedCorrelation<T>& one : planned) {
    one.plan.segments = one.segments.data();
    one.plan.chunks = one.chunks.data();
    starts.push_back(starts.back() + one.plan.tasks);
    work += one.work;
    scratch_size = std::max(scratch_size, one.scratch);
  }
  run_tasks(parallel, starts.back(), work, [&](Index first, Index last) {
    const Scratch scratch(scratch_size * sizeof(T));
    std::size_t at = 0;
    for (Index task = first; task < last; ++task) {
      while (task >= starts[at + 1]) ++at;
      kernels.correlate(planned[at].plan, task - starts[at], scratch.as<T>());
    }
  });
}

// A filter as an array of [step][channel of the result] for some adjacent steps.
template <typename T>
struct FilterRows {
  const T* data;
  Index step_stride, channel_stride;
  Index first_step, steps;
};

template <typename T>
void pack_wide(const ChannelBlocks& out, Index lanes, const FilterRows<T>& rows, T* packed) {
  // Steps that share a cache line of a transposed filter.
  constexpr Index kLine = 64 / sizeof(T);
  for (Index first = 0; first < out.vectors_total; first += out.vectors) {
    const Index width = std::min(out.vectors, out.vectors_total - first) * lanes;
    const Index used = std::min(width, out.channels - first * lanes);
    T* to = packed + first * out.vector_size + rows.first_step * width;
    const T* from = rows.data + first * lanes * rows.channel_stride;
    for (Index begin = 0; begin < rows.steps; begin += kLine) {
      const Index end = std::min(begin + kLine, rows.steps);
      if (rows.channel_stride == 1) {
        for (Index step = begin; step < end; ++step) {
          std::memcpy(to + step * width, from + step * rows.step_stride, used * sizeof(T));
        }
      } else {
        for (Index i = 0; i < used; ++i) {
          for (Index step = begin; step < end; ++step) {
            to[step * width + i] = from[step * rows.step_stride + i * rows.channel_stride];
          }
        }
      }
      for (Index step = begin; step < end && used < width; ++step) {
        std::memset(to + step * width + used, 0, (width - used) * sizeof(T));
      }
    }
  }
}

template <typename T>
void pack_narrow(const ChannelBlocks& out, Index lanes, Index segment_length,
                 const FilterRows<T>& rows, T* packed) {
  const Index segment_vectors = ceil_div(segment_length, lanes);
  for (Index channel = 0; channel < out.channels; ++channel) {
    const Index first = channel / out.vectors * out.vectors;
    const Index vectors = std::min(out.vectors, out.vectors_total - first);
    T* to = packed + first * out.vector_size + (channel - first) * lanes;
    const T* from = rows.data + channel * rows.channel_stride;
    for (Index i = 0; i < rows.steps; ++i) {
      const Index segment = (rows.first_step + i) / segment_length;
      const Index offset = (rows.first_step + i) % segment_length;
      T* line = to + (segment * segment_vectors + offset / lanes) * vectors * lanes;
      line[offset % lanes] = from[i * rows.step_stride];
      if (offset == segment_length - 1) {
        for (Index lane = offset % lanes + 1; lane < lanes; ++lane) line[lane] = 0;
      }
    }
  }
}

// Copies some steps of a filter to where `packed`, the whole packed filter, has them.
template <typename T>
void pack(const PlannedCorrelation<T>& planned, Index lanes, const FilterRows<T>& rows,
          T* packed) {
  if (planned.plan.out.narrow) {
    pack_narrow(planned.plan.out, lanes, planned.segment_length, rows, packed);
  } else {
    pack_wide(planned.plan.out, lanes, rows, packed);
  }
}

template <typename T>
void forward(const Kernels<T>& kernels, const ConvShape& s, const T* x, const T* w, T* y,
             const ParallelFor& parallel) {
  Geometry g{s.batch, s.in_c, {s.in_h, s.out_h, s.k_h, s.stride_h, s.dil_h, s.pad_top},
             {s.in_w, s.out_w, s.k_w, s.stride_w, s.dil_w, s.pad_left}};
  if (g.pixels() == 0 || s.out_c == 0) return;
  flatten(g);
  std::vector<PlannedCorrelation<T>> planned{plan_correlation(kernels, g, s.out_c)};
  Correlation<T>& plan = planned[0].plan;
  plan.x = x;
  plan.y = y;
  plan.y_pixel_stride = s.out_c;
  plan.y_row_stride = g.w.out * s.out_c;
  plan.y_image_stride = g.h.out * plan.y_row_stride;
  // One block of whole vectors is packed already.
  const bool packed = plan.out.blocks == 1 && plan.out.vectors * kernels.lanes == s.out_c;
  const Index size = packed ? 0 : planned[0].filter_size();
  const Scratch filter(size * sizeof(T));
  plan.filter = packed ? w : filter.as<T>();
  if (!packed) {
    run_tasks(parallel, plan.steps, size, [&](Index first, Index last) {
      const FilterRows<T> rows{w + first * s.out_c, s.out_c, 1, first, last - first};
      pack(planned[0], kernels.lanes, rows, filter.as<T>());
    });
  }
  run_correlations(kernels, planned, parallel);
}

// The pixels of one dimension of dx whose position, counted in the padded input, is `residue`
// modulo the stride: a correlation of dy with every so many taps, in reverse.
struct Phase {
  Axis axis;
  Index first_tap, tap_step;
  Index first_pixel;
};

// `in` and `out` are those of the forward convolution, as are the other parameters.
std::vector<Phase> make_phases(Index in, Index out, Index taps, Index stride, Index dilation,
                               Index pad) {
  std::vector<Phase> phases;
  for (Index residue = 0; residue < stride; ++residue) {
    std::vector<Index> matching;
    for (Index tap = 0; tap < taps; ++tap) {
      if ((tap * dilation - residue) % stride == 0) matching.push_back(tap);
    }
    // The pixel at t * stride + residue in the padded input takes tap k from row
    // t - (k * dilation - residue) / stride of dy.
    const Index first = floor_div(pad - residue + stride - 1, stride);
    Phase phase{};
    phase.first_pixel = first * stride + residue - pad;
    const Index pixels =
        phase.first_pixel < in ? ceil_div(in - phase.first_pixel, stride) : Index{0};
    if (pixels == 0) continue;
    phase.axis = {out, pixels, static_cast<Index>(matching.size()), 1, 1, 0};
    if (!matching.empty()) {
      phase.first_tap = matching.back();
      phase.axis.pad = (matching.back() * dilation - residue) / stride - first;
    }
    if (matching.size() > 1) {
      phase.tap_step = matching[0] - matching[1];
      phase.axis.dilation = -phase.tap_step * dilation / stride;
    }
    phases.push_back(phase);
  }
  return phases;
}

template <typename T>
void input_grad(const Kernels<T>& kernels, const ConvShape& s, const T* dy, const T* w, T* dx,
                const ParallelFor& parallel) {
  if (s.batch == 0 || s.in_h == 0 || s.in_w == 0 || s.in_c == 0) return;
  const auto rows = make_phases(s.in_h, s.out_h, s.k_h, s.stride_h, s.dil_h, s.pad_top);
  const auto cols = make_phases(s.in_w, s.out_w, s.k_w, s.stride_w, s.dil_w, s.pad_left);
  struct Tap {
    std::size_t correlation;
    Index from, first_step;
  };
  std::vector<PlannedCorrelation<T>> planned;
  std::vector<Tap> taps;
  std::vector<Index> offsets;
  Index size = 0;
  for (const Phase& h : rows) {
    for (const Phase& v : cols) {
      Geometry g{s.batch, s.out_c, h.axis, v.axis};
      // An empty dy or no tap: nothing to add up, and nothing to read.
      if (s.out_h == 0 || s.out_w == 0 || g.steps() == 0) g.h.taps = g.w.taps = 0;
      const Index y_pixel = s.stride_w * s.in_c;
      const Index y_row = s.stride_h * s.in_w * s.in_c;
      const Index y_image = s.in_h * s.in_w * s.in_c;
      if (s.stride_h == 1 && s.stride_w == 1) flatten(g);
      PlannedCorrelation<T> one = plan_correlation(kernels, g, s.in_c);
      one.plan.x = dy;
      one.plan.y = dx + (h.first_pixel * s.in_w + v.first_pixel) * s.in_c;
      one.plan.y_pixel_stride = y_pixel;
      one.plan.y_row_stride = y_row;
      one.plan.y_image_stride = y_image;
      for (Index r = 0; r < g.h.taps; ++r) {
        for (Index c = 0; c < g.w.taps; ++c) {
          const Index tap = (h.first_tap + r * h.tap_step) * s.k_w + v.first_tap + c * v.tap_step;
          taps.push_back({planned.size(), tap * s.in_c * s.out_c,
                          (r * g.w.taps + c) * s.out_c});
        }
      }
      offsets.push_back(size);
      size += one.filter_size();
      planned.push_back(std::move(one));
    }
  }
  const Scratch filter(size * sizeof(T));
  for (std::size_t i = 0; i < planned.size(); ++i) {
    planned[i].plan.filter = filter.as<T>() + offsets[i];
  }
  run_tasks(parallel, static_cast<Index>(taps.size()), size * 8, [&](Index first, Index last) {
    for (Index i = first; i < last; ++i) {
      const Tap& tap = taps[i];
      const FilterRows<T> rows{w + tap.from, 1, s.out_c, tap.first_step, s.out_c};
      pack(planned[tap.correlation], kernels.lanes, rows,
           filter.as<T>() + offsets[tap.correlation]);
    }
  });
  run_correlations(kernels, planned, parallel);
}

// ---- Filter gradient ----

// The largest power of two that is at most `value`, which is positive.
Index power_of_two(Index value) {
  Index power = 1;
  while (power * 2 <= value) power *= 2;
  return power;
}

template <typename T>
void filter_grad(const Kernels<T>& kernels, const ConvShape& s, const T* x, const T* dy, T* dw,
                 const ParallelFor& parallel) {
  Geometry g{s.batch, s.in_c, {s.in_h, s.out_h, s.k_h, s.stride_h, s.dil_h, s.pad_top},
             {s.in_w, s.out_w, s.k_w, s.stride_w, s.dil_w, s.pad_left}};
  if (g.steps() == 0 || s.out_c == 0) return;
  if (g.pixels() == 0) {
    std::memset(dw, 0, g.steps() * s.out_c * sizeof(T));
    return;
  }
  flatten(g);
  FilterGrad<T> plan{};
  plan.out = make_blocks(kernels, s.out_c, Index{0}, g.h.taps * g.row_segments(),
                         g.segment_length());
  const Index pixel_bytes = plan.out.vectors * plan.out.vector_channels * Index{sizeof(T)};
  plan.window = make_window(g, sizeof(T), kGradChunkBytes / pixel_bytes);
  const std::vector<Segment> segments = make_segments(g, plan.window.row_stride);
  plan.segments = segments.data();
  plan.segment_count = static_cast<Index>(segments.size());
  plan.steps = g.steps();
  plan.x = x;
  plan.dy = dy;
  plan.items = g.batch * plan.window.row_strips * plan.window.col_strips;
  plan.part_stride = plan.out.vectors_total * plan.out.vector_size;
  const Index most =
      std::clamp<Index>(kPartialBytes / (plan.part_stride * Index{sizeof(T)}), 1, kTasks);
  plan.items_per_part = ceil_div(plan.items, power_of_two(std::min(most, plan.items)));
  plan.parts = ceil_div(plan.items, plan.items_per_part);
  group_blocks(plan.out, plan.parts);
  plan.tasks = plan.parts * plan.out.groups;
  const Index rows = kGradChunkBytes / (plan.window.strip_cols * pixel_bytes);
  plan.chunk_rows = even_part(plan.window.strip_rows, std::max<Index>(rows, 1));
  plan.dy_in_place = plan.out.narrow ||
                     (plan.out.blocks == 1 && plan.out.vectors * kernels.lanes == s.out_c);
  plan.x_scratch = ceil_div(patch_size(plan.window), kernels.lanes) * kernels.lanes;
  const Index dy_scratch = plan.dy_in_place ? 0
                                            : plan.window.strip_rows * plan.window.strip_cols *
                                                  plan.out.blocks_per_group *
                                                  plan.out.vectors * kernels.lanes;
  const Scratch partial(plan.parts * plan.part_stride * sizeof(T));
  plan.partial = partial.as<T>();
  run_tasks(parallel, plan.tasks, g.pixels() * plan.steps * s.out_c, [&](Index first, Index last) {
    const Scratch scratch((plan.x_scratch + dy_scratch) * sizeof(T));
    for (Index task = first; task < last; ++task) {
      kernels.filter_grad(plan, task, scratch.as<T>());
    }
  });
  run_tasks(parallel, plan.steps, plan.parts * plan.part_stride * 4, [&](Index first, Index last) {
    kernels.reduce(plan, first, last, dw);
  });
}

// ---- Choice of instruction set ----

enum class Isa { kNone, kNeon, kAvx2, kAvx512 };

#if defined(__x86_64__)
// What conv_avx512.cc is compiled with: the parts that every processor with AVX-512 for servers and
// desktops has.
bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}
#endif

// HEADRACE_NATIVE_ISA names the widest instruction set to use, so that the others can be tested.
Isa find_isa() {
  const char* wanted = std::getenv("HEADRACE_NATIVE_ISA");
  const std::string_view limit = wanted == nullptr ? "" : wanted;
  if (limit == "none") return Isa::kNone;
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (avx2 && has_avx512() && avx512_f32() != nullptr && limit != "avx2") return Isa::kAvx512;
  if (avx2 && avx2_f32() != nullptr) return Isa::kAvx2;
#endif
  if (neon_f32() != nullptr) return Isa::kNeon;
  return Isa::kNone;
}

Isa isa() {
  static const Isa found = find_isa();
  return found;
}

const Kernels<float>* kernels_for(float) {
  switch (isa()) {
    case Isa::kAvx512: return avx512_f32();
    case Isa::kAvx2: return avx2_f32();
    case Isa::kNeon: return neon_f32();
    case Isa::kNone: return nullptr;
  }
  return nullptr;
}

const Kernels<double>* kernels_for(double) {
  switch (isa()) {
    case Isa::kAvx512: return avx512_f64();
    case Isa::kAvx2: return avx2_f64();
    case Isa::kNeon: return neon_f64();
    case Isa::kNone: return nullptr;
  }
  return nullptr;
}

bool well_formed(const ConvShape& s) {
  const Index sizes[] = {s.batch, s.in_h, s.in_w,  s.in_c, s.k_h,
                         s.k_w,   s.out_h, s.out_w, s.out_c};
  for (const Index size : sizes) {
    if (size < 0) return false;
  }
  return s.stride_h > 0 && s.stride_w > 0 && s.dil_h > 0 && s.dil_w > 0;
}

}  // namespace
}  // namespace conv

#define HEADRACE_CONV(NAME, FUNCTION, TYPE, A, B, RESULT)                                  \
  bool NAME(const ConvShape& shape, const TYPE* A, const TYPE* B, TYPE* RESULT,            \
            const ParallelFor& parallel) {                                                 \
    const conv::Kernels<TYPE>* kernels = conv::kernels_for(TYPE{});                        \
    if (kernels == nullptr || !conv::well_formed(shape)) return false;                     \
    conv::FUNCTION(*kernels, shape, A, B, RESULT, parallel);                               \
    return true;                                                                           \
  }

HEADRACE_CONV(conv2d_forward_f32, forward, float, x, w, y)
HEADRACE_CONV(conv2d_forward_f64, forward, double, x, w, y)
HEADRACE_CONV(conv2d_input_grad_f32, input_grad, float, dy, w, dx)
HEADRACE_CONV(conv2d_input_grad_f64, input_grad, double, dy, w, dx)
HEADRACE_CONV(conv2d_filter_grad_f32, filter_grad, float, x, dy, dw)
HEADRACE_CONV(conv2d_filter_grad_f64, filter_grad, double, x, dy, dw)

#undef HEADRACE_CONV

const char* conv2d_isa() {
  switch (conv::isa()) {
    case conv::Isa::kAvx512: return "avx512";
    case conv::Isa::kAvx2: return "avx2";
    case conv::Isa::kNeon: return "neon";
    case conv::Isa::kNone: return "none";
  }
  return "none";
}

}  // namespace headrace
