// The convolution kernels, included once by the translation unit of each instruction set, which
// defines before:
//   HEADRACE_ISA           the namespace and the prefix of its accessors, such as avx512
//   HEADRACE_VECTOR_BYTES  the size of a vector register
//   HEADRACE_ACCUMULATORS  how many of the registers a tile may accumulate in
//
// No function of the standard library may be instantiated here (see conv_plan.h).

#include <cstddef>
#include <cstring>

#include "conv_plan.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#if defined(__clang__)
#define HEADRACE_UNROLL _Pragma("clang loop unroll(full)")
#else
#define HEADRACE_UNROLL _Pragma("GCC unroll 32")
#endif

namespace headrace::conv {
namespace HEADRACE_ISA {
namespace {

constexpr Index kAccumulators = HEADRACE_ACCUMULATORS;

template <typename T>
struct Simd {
  static constexpr Index kLanes = HEADRACE_VECTOR_BYTES / sizeof(T);
  typedef T Vector __attribute__((vector_size(HEADRACE_VECTOR_BYTES)));
  typedef T Unaligned
      __attribute__((vector_size(HEADRACE_VECTOR_BYTES), aligned(alignof(T)), may_alias));

  static Vector load(const T* from) { return *reinterpret_cast<const Unaligned*>(from); }
  static void store(T* to, Vector value) { *reinterpret_cast<Unaligned*>(to) = value; }
  static Vector load_some(const T* from, Index count);
  static void store_some(T* to, Vector value, Index count);

  // The sum of all lanes, in an order that the instruction set alone decides.
  static T total(Vector value) {
    T lanes[kLanes];
    store(lanes, value);
    HEADRACE_UNROLL
    for (Index half = kLanes / 2; half > 0; half /= 2) {
      HEADRACE_UNROLL
      for (Index lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
    }
    return lanes[0];
  }
};

#if HEADRACE_VECTOR_BYTES == 64
template <>
inline Simd<float>::Vector Simd<float>::load_some(const float* from, Index count) {
  return reinterpret_cast<Vector>(_mm512_maskz_loadu_ps((1u << count) - 1, from));
}
template <>
inline void Simd<float>::store_some(float* to, Vector value, Index count) {
  _mm512_mask_storeu_ps(to, (1u << count) - 1, reinterpret_cast<__m512>(value));
}
template <>
inline float Simd<float>::total(Vector value) {
  return _mm512_reduce_add_ps(reinterpret_cast<__m512>(value));
}
template <>
inline double Simd<double>::total(Vector value) {
  return _mm512_reduce_add_pd(reinterpret_cast<__m512d>(value));
}
template <>
inline Simd<double>::Vector Simd<double>::load_some(const double* from, Index count) {
  return reinterpret_cast<Vector>(_mm512_maskz_loadu_pd((1u << count) - 1, from));
}
template <>
inline void Simd<double>::store_some(double* to, Vector value, Index count) {
  _mm512_mask_storeu_pd(to, (1u << count) - 1, reinterpret_cast<__m512d>(value));
}
#elif HEADRACE_VECTOR_BYTES == 32
inline __m256i mask32(Index count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)),
                            _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
inline __m256i mask64(Index count) {
  return _mm256_cmpgt_epi64(_mm256_set1_epi64x(count), _mm256_setr_epi64x(0, 1, 2, 3));
}
template <>
inline Simd<float>::Vector Simd<float>::load_some(const float* from, Index count) {
  return reinterpret_cast<Vector>(_mm256_maskload_ps(from, mask32(count)));
}
template <>
inline void Simd<float>::store_some(float* to, Vector value, Index count) {
  _mm256_maskstore_ps(to, mask32(count), reinterpret_cast<__m256>(value));
}
template <>
inline Simd<double>::Vector Simd<double>::load_some(const double* from, Index count) {
  return reinterpret_cast<Vector>(_mm256_maskload_pd(from, mask64(count)));
}
template <>
inline void Simd<double>::store_some(double* to, Vector value, Index count) {
  _mm256_maskstore_pd(to, mask64(count), reinterpret_cast<__m256d>(value));
}
#else
template <typename T>
inline typename Simd<T>::Vector Simd<T>::load_some(const T* from, Index count) {
  Vector value{};
  for (Index lane = 0; lane < count; ++lane) value[lane] = from[lane];
  return value;
}
template <typename T>
inline void Simd<T>::store_some(T* to, Vector value, Index count) {
  for (Index lane = 0; lane < count; ++lane) to[lane] = value[lane];
}
#endif

inline Index min_of(Index a, Index b) { return a < b ? a : b; }
inline Index max_of(Index a, Index b) { return a > b ? a : b; }

struct Range {
  Index begin, size;
};

// The i-th of `parts` nearly equal parts of [0, total).
inline Range part_of(Index total, Index parts, Index i) {
  const Index size = total / parts;
  const Index larger = total % parts;
  return {i * size + min_of(i, larger), size + (i < larger ? 1 : 0)};
}

// The vectors of one block, and the channels that its last vector holds.
struct Block {
  Index first_vector, vectors, last_lanes;
};

inline Block block_at(const ChannelBlocks& out, Index index) {
  const Index first = index * out.vectors;
  const Index vectors = min_of(out.vectors, out.vectors_total - first);
  const Index left = out.channels - (first + vectors - 1) * out.vector_channels;
  return {first, vectors, min_of(left, out.vector_channels)};
}

// The blocks of a group.
inline Range group_at(const ChannelBlocks& out, Index group) {
  const Index first = group * out.blocks_per_group;
  return {first, min_of(out.blocks_per_group, out.blocks - first)};
}

// ---- Strips ----

struct Strip {
  Index row, rows, col, cols;
};

inline Strip strip_at(const Window& window, Index index) {
  const Index row = index / window.col_strips * window.strip_rows;
  const Index col = index % window.col_strips * window.strip_cols;
  return {row, min_of(window.strip_rows, window.out_h - row), col,
          min_of(window.strip_cols, window.out_w - col)};
}

// Where the input of a strip begins: in the image, or in its zero-padded copy made in `scratch`.
template <typename T>
const T* strip_input(const Window& window, const Strip& strip, const T* image, T* scratch) {
  const Index top = strip.row * window.stride_h - window.pad_top;
  const Index left = strip.col * window.stride_w - window.pad_left;
  if (window.in_place) return image + (top * window.in_w + left) * window.channels;
  const Index rows = (strip.rows - 1) * window.stride_h + window.reach_h;
  const Index cols = (strip.cols - 1) * window.stride_w + window.reach_w;
  const Index first = min_of(max_of(-left, 0), cols);
  const Index last = max_of(min_of(window.in_w - left, cols), first);
  for (Index r = 0; r < rows; ++r) {
    T* to = scratch + r * window.row_stride;
    const Index row = top + r;
    if (row < 0 || row >= window.in_h || first == last) {
      std::memset(to, 0, cols * window.channels * sizeof(T));
      continue;
    }
    const T* from = image + (row * window.in_w + left + first) * window.channels;
    std::memset(to, 0, first * window.channels * sizeof(T));
    std::memcpy(to + first * window.channels, from, (last - first) * window.channels * sizeof(T));
    std::memset(to + last * window.channels, 0, (cols - last) * window.channels * sizeof(T));
  }
  return scratch;
}

// ---- Correlation ----

template <typename T>
struct CorrelateTile {
  const T* x;
  Index x_pixel_stride;
  const Segment* segments;
  Index segment_count;
  const T* filter;
  T* y;
  Index y_pixel_stride;
  Index last_lanes;
  bool accumulate;
};

// Where P pixels of one row begin, as few pointers: pixels 1 and 2 past a pointer are within reach
// of the addressing modes.
template <typename T, int P>
class Pixels {
 public:
  Pixels(const T* first, Index stride) : stride_(stride) {
    HEADRACE_UNROLL
    for (int i = 0; i < kPointers; ++i) pointers_[i] = first + 3 * i * stride;
  }

  const T* operator[](int pixel) const { return pointers_[pixel / 3] + pixel % 3 * stride_; }

  void advance(Index elements) {
    HEADRACE_UNROLL
    for (int i = 0; i < kPointers; ++i) {
      pointers_[i] += elements;
      // Opaque, lest the compiler replace the pointers by more offsets than there are registers.
      __asm__("" : "+r"(pointers_[i]));
    }
  }

 private:
  static constexpr int kPointers = (P + 2) / 3;
  const T* pointers_[kPointers];
  Index stride_;
};

// P pixels of one row by V vectors of channels, held in registers over all steps of the tile.
template <typename T, int P, int V>
void correlate_tile(const CorrelateTile<T>& tile) {
  using S = Simd<T>;
  using Vector = typename S::Vector;
  constexpr Index kLanes = S::kLanes;
  const Index last_lanes = tile.last_lanes;
  const Index y_stride = tile.y_pixel_stride;
  T* const out = tile.y;
  Vector sum[P][V];
  if (tile.accumulate) {
    HEADRACE_UNROLL
    for (int p = 0; p < P; ++p) {
      const T* y = out + p * y_stride;
      HEADRACE_UNROLL
      for (int v = 0; v < V - 1; ++v) sum[p][v] = S::load(y + v * kLanes);
      y += (V - 1) * kLanes;
      sum[p][V - 1] = last_lanes == kLanes ? S::load(y) : S::load_some(y, last_lanes);
    }
  } else {
    HEADRACE_UNROLL
    for (int p = 0; p < P; ++p) {
      HEADRACE_UNROLL
      for (int v = 0; v < V; ++v) sum[p][v] = Vector{};
    }
    // Pieces of wide pixels are too far apart for the hardware to see them coming.
    if (y_stride > V * kLanes) {
      HEADRACE_UNROLL
      for (int p = 0; p < P; ++p) {
        HEADRACE_UNROLL
        for (int v = 0; v < V; ++v) __builtin_prefetch(out + p * y_stride + v * kLanes, 1);
      }
    }
  }
  const T* filter = tile.filter;
  const Segment* const end = tile.segments + tile.segment_count;
  for (const Segment* segment = tile.segments; segment != end; ++segment) {
    Pixels<T, P> x(tile.x + segment->x_offset, tile.x_pixel_stride);
    for (Index left = segment->length; left > 0; --left) {
      Vector w[V];
      HEADRACE_UNROLL
      for (int v = 0; v < V; ++v) w[v] = S::load(filter + v * kLanes);
      HEADRACE_UNROLL
      for (int p = 0; p < P; ++p) {
        const T value = *x[p];
        HEADRACE_UNROLL
        for (int v = 0; v < V; ++v) sum[p][v] += w[v] * value;
      }
      filter += V * kLanes;
      x.advance(1);
    }
  }
  HEADRACE_UNROLL
  for (int p = 0; p < P; ++p) {
    T* y = out + p * y_stride;
    HEADRACE_UNROLL
    for (int v = 0; v < V - 1; ++v) S::store(y + v * kLanes, sum[p][v]);
    y += (V - 1) * kLanes;
    if (last_lanes == kLanes) {
      S::store(y, sum[p][V - 1]);
    } else {
      S::store_some(y, sum[p][V - 1], last_lanes);
    }
  }
}

// P pixels of one row by O channels, the lanes being adjacent steps.
template <typename T, int P, int O>
void correlate_narrow_tile(const CorrelateTile<T>& tile) {
  using S = Simd<T>;
  using Vector = typename S::Vector;
  constexpr Index kLanes = S::kLanes;
  Vector sum[P][O];
  HEADRACE_UNROLL
  for (int p = 0; p < P; ++p) {
    HEADRACE_UNROLL
    for (int o = 0; o < O; ++o) sum[p][o] = Vector{};
  }
  const T* filter = tile.filter;
  const Segment* const end = tile.segments + tile.segment_count;
  for (const Segment* segment = tile.segments; segment != end; ++segment) {
    Pixels<T, P> x(tile.x + segment->x_offset, tile.x_pixel_stride);
    const auto add = [&](const auto& load) __attribute__((always_inline)) {
      Vector w[O];
      HEADRACE_UNROLL
      for (int o = 0; o < O; ++o) w[o] = S::load(filter + o * kLanes);
      HEADRACE_UNROLL
      for (int p = 0; p < P; ++p) {
        const Vector value = load(x[p]);
        HEADRACE_UNROLL
        for (int o = 0; o < O; ++o) sum[p][o] += w[o] * value;
      }
      filter += O * kLanes;
      x.advance(kLanes);
    };
    Index left = segment->length;
    for (; left >= kLanes; left -= kLanes) add(S::load);
    // Lanes past the end are masked out, not multiplied by zero: they might hold a NaN.
    if (left > 0) add([left](const T* from) { return S::load_some(from, left); });
  }
  T* const out = tile.y;
  const Index y_stride = tile.y_pixel_stride;
  HEADRACE_UNROLL
  for (int p = 0; p < P; ++p) {
    HEADRACE_UNROLL
    for (int o = 0; o < O; ++o) out[p * y_stride + o] = S::total(sum[p][o]);
  }
}

// ---- Filter gradient ----

template <typename T>
struct FilterGradTile {
  const T* x;
  Index x_pixel_stride, x_row_stride;
  const T* dy;
  Index dy_pixel_stride, dy_row_stride;
  Index rows, cols;
  Index last_lanes;  // Of a narrow tile: the steps in its last vector.
  T* dw;
};

// A adjacent steps by V vectors of channels, held in registers over all pixels of the tile.
template <typename T, int A, int V>
void filter_grad_tile(const FilterGradTile<T>& tile) {
  using S = Simd<T>;
  using Vector = typename S::Vector;
  constexpr Index kLanes = S::kLanes;
  Vector sum[A][V];
  HEADRACE_UNROLL
  for (int a = 0; a < A; ++a) {
    HEADRACE_UNROLL
    for (int v = 0; v < V; ++v) sum[a][v] = S::load(tile.dw + (a * V + v) * kLanes);
  }
  for (Index row = 0; row < tile.rows; ++row) {
    const T* x = tile.x + row * tile.x_row_stride;
    const T* dy = tile.dy + row * tile.dy_row_stride;
    for (Index col = 0; col < tile.cols; ++col) {
      Vector g[V];
      HEADRACE_UNROLL
      for (int v = 0; v < V; ++v) g[v] = S::load(dy + v * kLanes);
      HEADRACE_UNROLL
      for (int a = 0; a < A; ++a) {
        const T value = x[a];
        HEADRACE_UNROLL
        for (int v = 0; v < V; ++v) sum[a][v] += g[v] * value;
      }
      x += tile.x_pixel_stride;
      dy += tile.dy_pixel_stride;
    }
  }
  HEADRACE_UNROLL
  for (int a = 0; a < A; ++a) {
    HEADRACE_UNROLL
    for (int v = 0; v < V; ++v) S::store(tile.dw + (a * V + v) * kLanes, sum[a][v]);
  }
}

// A vectors of adjacent steps by O channels.
template <typename T, int A, int O>
void filter_grad_narrow_tile(const FilterGradTile<T>& tile) {
  using S = Simd<T>;
  using Vector = typename S::Vector;
  constexpr Index kLanes = S::kLanes;
  Vector sum[A][O];
  HEADRACE_UNROLL
  for (int a = 0; a < A; ++a) {
    HEADRACE_UNROLL
    for (int o = 0; o < O; ++o) sum[a][o] = S::load(tile.dw + (a * O + o) * kLanes);
  }
  const Index last_lanes = tile.last_lanes;
  for (Index row = 0; row < tile.rows; ++row) {
    const T* x = tile.x + row * tile.x_row_stride;
    const T* dy = tile.dy + row * tile.dy_row_stride;
    for (Index col = 0; col < tile.cols; ++col) {
      HEADRACE_UNROLL
      for (int a = 0; a < A; ++a) {
        const T* from = x + a * kLanes;
        const Vector value =
            a < A - 1 || last_lanes == kLanes ? S::load(from) : S::load_some(from, last_lanes);
        HEADRACE_UNROLL
        for (int o = 0; o < O; ++o) sum[a][o] += value * dy[o];
      }
      x += tile.x_pixel_stride;
      dy += tile.dy_pixel_stride;
    }
  }
  HEADRACE_UNROLL
  for (int a = 0; a < A; ++a) {
    HEADRACE_UNROLL
    for (int o = 0; o < O; ++o) S::store(tile.dw + (a * O + o) * kLanes, sum[a][o]);
  }
}

// ---- Tables of tiles: [narrow][vectors - 1][pixels or steps - 1] ----

template <typename T>
struct Tiles {
  void (*correlate[2][kMaxVectors][kAccumulators])(const CorrelateTile<T>&);
  void (*filter_grad[2][kMaxVectors][kAccumulators])(const FilterGradTile<T>&);
};

template <typename T, int N, int V>
constexpr void add_tiles(Tiles<T>& tiles) {
  if constexpr (N * V <= kAccumulators) {
    tiles.correlate[0][V - 1][N - 1] = correlate_tile<T, N, V>;
    tiles.correlate[1][V - 1][N - 1] = correlate_narrow_tile<T, N, V>;
    tiles.filter_grad[0][V - 1][N - 1] = filter_grad_tile<T, N, V>;
    tiles.filter_grad[1][V - 1][N - 1] = filter_grad_narrow_tile<T, N, V>;
    add_tiles<T, N + 1, V>(tiles);
  } else if constexpr (V < kMaxVectors) {
    add_tiles<T, 1, V + 1>(tiles);
  }
}

template <typename T>
constexpr Tiles<T> make_tiles() {
  Tiles<T> tiles{};
  add_tiles<T, 1, 1>(tiles);
  return tiles;
}

template <typename T>
constexpr Tiles<T> kTiles = make_tiles<T>();

// ---- Tasks ----

template <typename T>
void correlate(const Correlation<T>& plan, Index task, T* scratch) {
  const Window& window = plan.window;
  const Index strips = window.row_strips * window.col_strips;
  const Index image = task / plan.out.groups / strips;
  const Strip strip = strip_at(window, task / plan.out.groups % strips);
  const T* x = strip_input(window, strip,
                           plan.x + image * window.in_h * window.in_w * window.channels, scratch);
  T* y = plan.y + image * plan.y_image_stride + strip.row * plan.y_row_stride +
         strip.col * plan.y_pixel_stride;
  const Range blocks = group_at(plan.out, task % plan.out.groups);
  CorrelateTile<T> tile{};
  tile.x_pixel_stride = window.stride_w * window.channels;
  tile.y_pixel_stride = plan.y_pixel_stride;
  for (Index index = blocks.begin; index < blocks.begin + blocks.size; ++index) {
    const Block block = block_at(plan.out, index);
    const T* filter = plan.filter + block.first_vector * plan.out.vector_size;
    const auto& run = kTiles<T>.correlate[plan.out.narrow][block.vectors - 1];
    const Index most = kAccumulators / block.vectors;
    const Index parts = (strip.cols + most - 1) / most;
    tile.last_lanes = block.last_lanes;
    for (Index c = 0; c < plan.chunk_count; ++c) {
      const Chunk& chunk = plan.chunks[c];
      tile.accumulate = c != 0;
      tile.segments = plan.segments + chunk.first_segment;
      tile.segment_count = chunk.segments;
      tile.filter = filter + chunk.first_step * block.vectors * plan.out.vector_channels;
      for (Index row = 0; row < strip.rows; ++row) {
        for (Index part = 0; part < parts; ++part) {
          const Range cols = part_of(strip.cols, parts, part);
          tile.x = x + row * window.stride_h * window.row_stride + cols.begin * tile.x_pixel_stride;
          tile.y = y + row * plan.y_row_stride + cols.begin * plan.y_pixel_stride +
                   block.first_vector * plan.out.vector_channels;
          run[cols.size - 1](tile);
        }
      }
    }
  }
}

// A strip of dy, copied block by block to whole vectors; pixel by pixel, as memory likes to be
// read.
template <typename T>
void copy_dy(const FilterGrad<T>& plan, const Strip& strip, const Range& blocks, const T* dy,
             T* copy) {
  using S = Simd<T>;
  const Index pixels = strip.rows * strip.cols;
  for (Index row = 0; row < strip.rows; ++row) {
    for (Index col = 0; col < strip.cols; ++col) {
      const T* pixel = dy + (row * plan.window.out_w + col) * plan.out.channels;
      T* start = copy;
      for (Index index = blocks.begin; index < blocks.begin + blocks.size; ++index) {
        const Block block = block_at(plan.out, index);
        const T* from = pixel + block.first_vector * S::kLanes;
        T* to = start + (row * strip.cols + col) * block.vectors * S::kLanes;
        for (Index v = 0; v < block.vectors - 1; ++v) {
          S::store(to + v * S::kLanes, S::load(from + v * S::kLanes));
        }
        const Index last = (block.vectors - 1) * S::kLanes;
        S::store(to + last, S::load_some(from + last, block.last_lanes));
        start += pixels * block.vectors * S::kLanes;
      }
    }
  }
}

// Adds to dw, one block of a part, what the pixels of one strip contribute.
template <typename T>
void filter_grad_block(const FilterGrad<T>& plan, const Strip& strip, Index vectors, const T* x,
                       FilterGradTile<T> tile, T* dw) {
  constexpr Index kLanes = Simd<T>::kLanes;
  const Index unit = plan.out.narrow ? kLanes : 1;
  const auto& run = kTiles<T>.filter_grad[plan.out.narrow][vectors - 1];
  const Index most = kAccumulators / vectors;
  const T* dy = tile.dy;
  for (Index row = 0; row < strip.rows; row += plan.chunk_rows) {
    tile.rows = min_of(plan.chunk_rows, strip.rows - row);
    tile.dy = dy + row * tile.dy_row_stride;
    tile.dw = dw;
    for (Index s = 0; s < plan.segment_count; ++s) {
      const Segment& segment = plan.segments[s];
      const Index length = (segment.length + unit - 1) / unit;
      const Index parts = (length + most - 1) / most;
      for (Index part = 0; part < parts; ++part) {
        const Range steps = part_of(length, parts, part);
        tile.x = x + row * tile.x_row_stride + segment.x_offset + steps.begin * unit;
        tile.last_lanes = min_of(segment.length - (steps.begin + steps.size - 1) * unit, unit);
        run[steps.size - 1](tile);
        tile.dw += steps.size * vectors * kLanes;
      }
    }
  }
}

template <typename T>
void filter_grad(const FilterGrad<T>& plan, Index task, T* scratch) {
  constexpr Index kLanes = Simd<T>::kLanes;
  const Window& window = plan.window;
  const ChannelBlocks& out = plan.out;
  const Index strips = window.row_strips * window.col_strips;
  const Index part = task / out.groups;
  const Range blocks = group_at(out, task % out.groups);
  const Index last_item = min_of((part + 1) * plan.items_per_part, plan.items);
  T* dw = plan.partial + part * plan.part_stride;
  const Index first_vector = blocks.begin * out.vectors;
  const Index last_vector = min_of(first_vector + blocks.size * out.vectors, out.vectors_total);
  std::memset(dw + first_vector * out.vector_size, 0,
              (last_vector - first_vector) * out.vector_size * sizeof(T));
  for (Index item = part * plan.items_per_part; item < last_item; ++item) {
    const Index image = item / strips;
    const Strip strip = strip_at(window, item % strips);
    const T* x = strip_input(
        window, strip, plan.x + image * window.in_h * window.in_w * window.channels, scratch);
    const T* dy = plan.dy + ((image * window.out_h + strip.row) * window.out_w + strip.col) *
                                out.channels;
    T* copy = scratch + plan.x_scratch;
    if (!plan.dy_in_place) copy_dy(plan, strip, blocks, dy, copy);
    for (Index index = blocks.begin; index < blocks.begin + blocks.size; ++index) {
      const Block block = block_at(out, index);
      FilterGradTile<T> tile{};
      tile.x_pixel_stride = window.stride_w * window.channels;
      tile.x_row_stride = window.stride_h * window.row_stride;
      tile.cols = strip.cols;
      if (plan.dy_in_place) {
        tile.dy = dy + block.first_vector * out.vector_channels;
        tile.dy_pixel_stride = out.channels;
        tile.dy_row_stride = window.out_w * out.channels;
      } else {
        tile.dy = copy;
        tile.dy_pixel_stride = block.vectors * kLanes;
        tile.dy_row_stride = strip.cols * tile.dy_pixel_stride;
        copy += strip.rows * tile.dy_row_stride;
      }
      filter_grad_block(plan, strip, block.vectors, x, tile,
                        dw + block.first_vector * out.vector_size);
    }
  }
}

template <typename T>
void reduce_block(const FilterGrad<T>& plan, const Block& block, Range steps, T* dw) {
  using S = Simd<T>;
  const T* from = plan.partial + block.first_vector * plan.out.vector_size;
  for (Index step = steps.begin; step < steps.begin + steps.size; ++step) {
    for (Index v = 0; v < block.vectors; ++v) {
      const T* at = from + (step * block.vectors + v) * S::kLanes;
      typename S::Vector sum = S::load(at);
      for (Index part = 1; part < plan.parts; ++part) {
        sum += S::load(at + part * plan.part_stride);
      }
      T* to = dw + step * plan.out.channels + (block.first_vector + v) * S::kLanes;
      const Index lanes = v == block.vectors - 1 ? block.last_lanes : S::kLanes;
      if (lanes == S::kLanes) {
        S::store(to, sum);
      } else {
        S::store_some(to, sum, lanes);
      }
    }
  }
}

template <typename T>
void reduce_narrow_block(const FilterGrad<T>& plan, const Block& block, Range steps, T* dw) {
  constexpr Index kLanes = Simd<T>::kLanes;
  const Index length = plan.segments[0].length;
  const Index segment_vectors = (length + kLanes - 1) / kLanes;
  const T* from = plan.partial + block.first_vector * plan.out.vector_size;
  for (Index step = steps.begin; step < steps.begin + steps.size; ++step) {
    const Index offset = step % length;
    const Index vector = step / length * segment_vectors + offset / kLanes;
    for (Index o = 0; o < block.vectors; ++o) {
      const T* at = from + (vector * block.vectors + o) * kLanes + offset % kLanes;
      T sum = *at;
      for (Index part = 1; part < plan.parts; ++part) sum += at[part * plan.part_stride];
      dw[step * plan.out.channels + block.first_vector + o] = sum;
    }
  }
}

template <typename T>
void reduce(const FilterGrad<T>& plan, Index first_step, Index last_step, T* dw) {
  const Range steps{first_step, last_step - first_step};
  for (Index index = 0; index < plan.out.blocks; ++index) {
    const Block block = block_at(plan.out, index);
    if (plan.out.narrow) {
      reduce_narrow_block(plan, block, steps, dw);
    } else {
      reduce_block(plan, block, steps, dw);
    }
  }
}

template <typename T>
constexpr Kernels<T> kKernels = {Simd<T>::kLanes, kAccumulators, correlate<T>, filter_grad<T>,
                                 reduce<T>};

}  // namespace
}  // namespace HEADRACE_ISA

#define HEADRACE_JOIN_(a, b) a##b
#define HEADRACE_JOIN(a, b) HEADRACE_JOIN_(a, b)

const Kernels<float>* HEADRACE_JOIN(HEADRACE_ISA, _f32)() { return &HEADRACE_ISA::kKernels<float>; }
const Kernels<double>* HEADRACE_JOIN(HEADRACE_ISA, _f64)() {
  return &HEADRACE_ISA::kKernels<double>;
}

}  // namespace headrace::conv
