// The kernels of products, included once by the translation unit of each instruction set, which
// defines HEADRACE_ISA, HEADRACE_VECTOR_BYTES and HEADRACE_ACCUMULATORS as for conv_kernels.inc.h.
//
// No function of the standard library may be instantiated here (see conv_plan.h).

#include "product_plan.h"

#if defined(__clang__)
#define HEADRACE_UNROLL _Pragma("clang loop unroll(full)")
#else
#define HEADRACE_UNROLL _Pragma("GCC unroll 32")
#endif

namespace headrace::products {
namespace HEADRACE_ISA {
namespace {

constexpr Index kRows = HEADRACE_ACCUMULATORS / kVectors;
// Steps of the sum between two tests of the loop.
constexpr Index kSteps = 4;

template <typename T>
struct Simd {
  static constexpr Index kLanes = HEADRACE_VECTOR_BYTES / sizeof(T);
  static constexpr Index kPanel = kVectors * kLanes;
  typedef T Vector __attribute__((vector_size(HEADRACE_VECTOR_BYTES)));
  typedef T Unaligned
      __attribute__((vector_size(HEADRACE_VECTOR_BYTES), aligned(alignof(T)), may_alias));

  static Vector load(const T* from) { return *reinterpret_cast<const Unaligned*>(from); }
  static void store(T* to, Vector value) { *reinterpret_cast<Unaligned*>(to) = value; }
};

// -- Packing --------------------------------------------------------------------------------------

template <Index... kAll>
struct Lanes {};
template <Index kCount, Index... kRest>
struct MakeLanes : MakeLanes<kCount - 1, kCount - 1, kRest...> {};
template <Index... kAll>
struct MakeLanes<0, kAll...> {
  using type = Lanes<kAll...>;
};

// Of two rows that are `kHalf` apart, the upper or the lower one after their blocks of kHalf lanes
// off the diagonal have changed places.
template <typename T, Index kHalf, bool kLower, Index... kLane>
inline __attribute__((always_inline)) typename Simd<T>::Vector exchanged(
    typename Simd<T>::Vector upper, typename Simd<T>::Vector lower, Lanes<kLane...>) {
  constexpr Index lanes = Simd<T>::kLanes;
#if defined(__clang__) || __GNUC__ >= 12
  return __builtin_shufflevector(
      upper, lower,
      (kLower ? ((kLane & kHalf) ? lanes + kLane : kLane + kHalf)
              : ((kLane & kHalf) ? lanes + kLane - kHalf : kLane))...);
#else
  return typename Simd<T>::Vector{
      (kLower ? ((kLane & kHalf) ? lower[kLane] : upper[kLane + kHalf])
              : ((kLane & kHalf) ? lower[kLane - kHalf] : upper[kLane]))...};
#endif
}

template <typename T, Index kHalf>
inline __attribute__((always_inline)) void turn(typename Simd<T>::Vector (&rows)[Simd<T>::kLanes]) {
  constexpr Index lanes = Simd<T>::kLanes;
  if constexpr (kHalf < lanes) {
    using All = typename MakeLanes<lanes>::type;
    HEADRACE_UNROLL
    for (Index i = 0; i < lanes; ++i) {
      if (i & kHalf) continue;
      const auto upper = rows[i], lower = rows[i + kHalf];
      rows[i] = exchanged<T, kHalf, false>(upper, lower, All{});
      rows[i + kHalf] = exchanged<T, kHalf, true>(upper, lower, All{});
    }
    turn<T, kHalf * 2>(rows);
  }
}

// The part of b that a panel of columns takes in some steps: `columns` of them from `b` on.
template <typename T>
struct Part {
  const T* b;
  Index stride;
  Index columns, steps;
};

// From [columns, steps] to [steps, kPanel].
template <typename T>
void pack_turned(const Part<T>& part, T* to) {
  using S = Simd<T>;
  for (Index first = 0; first < S::kPanel; first += S::kLanes) {
    const T* from = part.b + first * part.stride;
    Index step = 0;
    if (first + S::kLanes <= part.columns) {
      for (; step + S::kLanes <= part.steps; step += S::kLanes) {
        typename S::Vector rows[S::kLanes];
        HEADRACE_UNROLL
        for (Index i = 0; i < S::kLanes; ++i) rows[i] = S::load(from + i * part.stride + step);
        turn<T, 1>(rows);
        HEADRACE_UNROLL
        for (Index i = 0; i < S::kLanes; ++i)
          S::store(to + (step + i) * S::kPanel + first, rows[i]);
      }
    }
    for (; step < part.steps; ++step) {
      for (Index i = 0; i < S::kLanes; ++i)
        to[step * S::kPanel + first + i] =
            first + i < part.columns ? from[i * part.stride + step] : T(0);
    }
  }
}

// From [steps, columns] of all panels, row by row, to one [steps, kPanel] after the other.
template <typename T>
void pack_rows(const Part<T>& part, T* to) {
  using S = Simd<T>;
  const Index whole = part.columns / S::kPanel * S::kPanel;
  for (Index step = 0; step < part.steps; ++step) {
    const T* from = part.b + step * part.stride;
    T* place = to + step * S::kPanel;
    Index i = 0;
    for (; i < whole; i += S::kPanel, place += part.steps * S::kPanel) {
      HEADRACE_UNROLL
      for (Index v = 0; v < kVectors; ++v)
        S::store(place + v * S::kLanes, S::load(from + i + v * S::kLanes));
    }
    if (i < part.columns) {
      for (Index k = 0; k < S::kPanel; ++k) place[k] = i + k < part.columns ? from[i + k] : T(0);
    }
  }
}

template <typename T>
void pack(const Block<T>& block, Index first_step, Index steps, T* to) {
  using S = Simd<T>;
  const Index columns = block.last_column - block.first_column;
  if (!block.turn_b) {
    const T* from = block.b + first_step * block.b_stride + block.first_column;
    return pack_rows<T>({from, block.b_stride, columns, steps}, to);
  }
  for (Index i = 0; i < columns; i += S::kPanel, to += steps * S::kPanel) {
    const T* from = block.b + (block.first_column + i) * block.b_stride + first_step;
    pack_turned<T>({from, block.b_stride, columns - i, steps}, to);
  }
}

// -- Tiles ----------------------------------------------------------------------------------------

template <typename T, Index kCount>
inline __attribute__((always_inline)) void add_step(
    typename Simd<T>::Vector (&sums)[kCount][kVectors], const T* a, Index a_row, const T* b) {
  using S = Simd<T>;
  typename S::Vector columns[kVectors];
  HEADRACE_UNROLL
  for (Index v = 0; v < kVectors; ++v) columns[v] = S::load(b + v * S::kLanes);
  HEADRACE_UNROLL
  for (Index r = 0; r < kCount; ++r) {
    const T factor = a[r * a_row];
    HEADRACE_UNROLL
    for (Index v = 0; v < kVectors; ++v) sums[r][v] += columns[v] * factor;
  }
}

// What a tile computes: some steps, from the first of which `a` and `b` are on.
template <typename T>
struct Tile {
  const T* a;
  Index a_row, a_depth;
  const T* b;
  Index steps;
  T* c;
  Index c_row;
  Index columns;
  bool adds;  // To what c holds already.
};

template <typename T, Index kCount, bool kTurned>
void tile(const Tile<T>& t) {
  using S = Simd<T>;
  typename S::Vector sums[kCount][kVectors] = {};
  // Neighbours in a column of a are adjacent in memory, or else those in a row.
  const Index a_row = kTurned ? 1 : t.a_row, a_depth = kTurned ? t.a_depth : 1;
  const T *a = t.a, *b = t.b;
  Index step = 0;
  for (; step + kSteps <= t.steps; step += kSteps) {
    HEADRACE_UNROLL
    for (Index s = 0; s < kSteps; ++s)
      add_step<T, kCount>(sums, a + s * a_depth, a_row, b + s * S::kPanel);
    a += kSteps * a_depth;
    b += kSteps * S::kPanel;
  }
  for (; step < t.steps; ++step, a += a_depth, b += S::kPanel)
    add_step<T, kCount>(sums, a, a_row, b);
  if (t.columns >= S::kPanel) {
    HEADRACE_UNROLL
    for (Index r = 0; r < kCount; ++r) {
      HEADRACE_UNROLL
      for (Index v = 0; v < kVectors; ++v) {
        T* c = t.c + r * t.c_row + v * S::kLanes;
        S::store(c, t.adds ? S::load(c) + sums[r][v] : sums[r][v]);
      }
    }
    return;
  }
  T made[kCount][S::kPanel];
  HEADRACE_UNROLL
  for (Index r = 0; r < kCount; ++r) {
    HEADRACE_UNROLL
    for (Index v = 0; v < kVectors; ++v) S::store(made[r] + v * S::kLanes, sums[r][v]);
  }
  for (Index r = 0; r < kCount; ++r) {
    T* c = t.c + r * t.c_row;
    for (Index i = 0; i < t.columns; ++i) c[i] = t.adds ? c[i] + made[r][i] : made[r][i];
  }
}

template <typename T, Index kCount>
void tile_of(Index count, const Tile<T>& t) {
  if constexpr (kCount > 1) {
    if (count < kCount) return tile_of<T, kCount - 1>(count, t);
  }
  if (t.a_row == 1) return tile<T, kCount, true>(t);
  tile<T, kCount, false>(t);
}

template <typename T>
void make_block(const Block<T>& block, T* scratch) {
  using S = Simd<T>;
  const Index rows = block.last_row - block.first_row;
  const Index columns = block.last_column - block.first_column;
  const Index tiles = (rows + kRows - 1) / kRows;
  const Index chunks = block.depth > kDepth ? (block.depth + kDepth - 1) / kDepth : 1;
  for (Index chunk = 0; chunk < chunks; ++chunk) {
    const Index first = block.depth * chunk / chunks, last = block.depth * (chunk + 1) / chunks;
    pack(block, first, last - first, scratch);
    for (Index n = 0; n < tiles; ++n) {
      // Of one height as far as possible: a low tile waits for its own sums.
      const Index begin = rows * n / tiles, end = rows * (n + 1) / tiles;
      const Index row = block.first_row + begin;
      const T* a = block.a + row * block.a_row + first * block.a_depth;
      T* c = block.c + row * block.c_row + block.first_column;
      for (Index i = 0; i < columns; i += S::kPanel) {
        tile_of<T, kRows>(end - begin, {a, block.a_row, block.a_depth, scratch + i * (last - first),
                                        last - first, c + i, block.c_row, columns - i, chunk > 0});
      }
    }
  }
}

template <typename T>
constexpr Kernels<T> kernels = {Simd<T>::kLanes, kRows, make_block<T>};

}  // namespace
}  // namespace HEADRACE_ISA

#define HEADRACE_JOIN_(a, b) a##b
#define HEADRACE_JOIN(a, b) HEADRACE_JOIN_(a, b)
const Kernels<float>* HEADRACE_JOIN(HEADRACE_ISA, _f32)() { return &HEADRACE_ISA::kernels<float>; }
const Kernels<double>* HEADRACE_JOIN(HEADRACE_ISA, _f64)() {
  return &HEADRACE_ISA::kernels<double>;
}

}  // namespace headrace::products
