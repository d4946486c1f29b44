// Plans of products; see README.md.

#include "product.h"

#include <algorithm>
#include <string_view>
#include <type_traits>

#include "conv.h"
#include "conv_memory.h"
#include "product_plan.h"

namespace headrace {
namespace {

using products::Index;

// So many tasks at least, where there are as many tiles, for a few threads to share.
constexpr Index kTasks = 4;
// Tiles of rows that a block has at least: all of them share the packing of b.
constexpr Index kTiles = 8;
// Of less work than this, in multiplications, a second thread comes too late.
constexpr double kWorthSharing = 1 << 20;

template <typename T>
const products::Kernels<T>* kernels() {
  const std::string_view isa = conv2d_isa();
  if constexpr (std::is_same_v<T, float>) {
    if (isa == "avx512") return products::avx512_f32();
    if (isa == "avx2") return products::avx2_f32();
    return isa == "neon" ? products::neon_f32() : nullptr;
  } else {
    if (isa == "avx512") return products::avx512_f64();
    if (isa == "avx2") return products::avx2_f64();
    return isa == "neon" ? products::neon_f64() : nullptr;
  }
}

}  // namespace

template <typename T>
bool product(const ProductShape& shape, const T* a, const T* b, T* c, const ParallelFor& parallel) {
  static const products::Kernels<T>* const found = kernels<T>();
  const Index rows = shape.rows, columns = shape.columns, depth = shape.depth;
  if (found == nullptr || rows < 0 || columns < 0 || depth < 0) return false;
  if (rows == 0 || columns == 0) return true;
  const Index panel = products::kVectors * found->lanes;
  // Blocks of columns, and of rows where there are too few of these to share.
  Index across = (columns + products::kColumns - 1) / products::kColumns;
  const Index tiles = (rows + found->rows - 1) / found->rows;
  const Index parts = std::min((tiles + kTiles - 1) / kTiles, (kTasks + across - 1) / across);
  const Index panels = (columns + panel - 1) / panel;
  across = std::min(panels, std::max(across, (kTasks + parts - 1) / parts));
  products::Block<T> whole{};
  whole.depth = depth;
  whole.a = a;
  whole.a_row = shape.turn_a ? 1 : depth;
  whole.a_depth = shape.turn_a ? rows : 1;
  whole.b = b;
  whole.b_stride = shape.turn_b ? depth : columns;
  whole.turn_b = shape.turn_b != 0;
  whole.c = c;
  whole.c_row = columns;
  const auto task = [&](int number) {
    const Index strip = number / parts, part = number % parts;
    products::Block<T> own = whole;
    own.first_row = rows * part / parts;
    own.last_row = rows * (part + 1) / parts;
    own.first_column = panels * strip / across * panel;
    own.last_column = std::min(columns, panels * (strip + 1) / across * panel);
    const Index width = (own.last_column - own.first_column + panel - 1) / panel * panel;
    const Index steps = std::max<Index>(1, std::min(depth, products::kDepth));
    const conv::Scratch scratch(sizeof(T) * width * steps);
    found->block(own, scratch.as<T>());
  };
  const int count = static_cast<int>(across * parts);
  const double work = double(rows) * double(columns) * double(depth);
  if (parallel.threads > 1 && work >= kWorthSharing) {
    parallel.run(count, task);
  } else {
    for (int number = 0; number < count; ++number) task(number);
  }
  return true;
}

template bool product<float>(const ProductShape&, const float*, const float*, float*,
                             const ParallelFor&);
template bool product<double>(const ProductShape&, const double*, const double*, double*,
                              const ParallelFor&);

}  // namespace headrace
