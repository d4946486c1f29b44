#include "kernels.h"

#include <type_traits>

namespace headrace {
namespace {

static_assert(sizeof(ConvShape) == 15 * sizeof(std::int64_t));
static_assert(sizeof(PoolShape) == 12 * sizeof(std::int64_t));
static_assert(sizeof(ProductShape) == 5 * sizeof(std::int64_t));
static_assert(sizeof(ColumnShape) == 2 * sizeof(std::int64_t));

ConvShape conv_shape(const std::int64_t* g) {
  return {g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7], g[8], g[9], g[10], g[11], g[12], g[13],
          g[14]};
}

PoolShape pool_shape(const std::int64_t* g) {
  return {g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7], g[8], g[9], g[10], g[11]};
}

template <typename T>
bool run_conv(Kernel kernel, const ConvShape& shape, const T* first, const T* second, T* output,
              const ParallelFor& parallel) {
  if constexpr (std::is_same_v<T, float>) {
    if (kernel == kConvForward) return conv2d_forward_f32(shape, first, second, output, parallel);
    if (kernel == kConvInputGrad)
      return conv2d_input_grad_f32(shape, first, second, output, parallel);
    return conv2d_filter_grad_f32(shape, first, second, output, parallel);
  } else {
    if (kernel == kConvForward) return conv2d_forward_f64(shape, first, second, output, parallel);
    if (kernel == kConvInputGrad)
      return conv2d_input_grad_f64(shape, first, second, output, parallel);
    return conv2d_filter_grad_f64(shape, first, second, output, parallel);
  }
}

}  // namespace

std::int64_t element_count(Kernel kernel, const std::int64_t* geometry, int index) {
  if (kernel <= kConvFilterGrad) {
    const ConvShape s = conv_shape(geometry);
    const std::int64_t x = s.batch * s.in_h * s.in_w * s.in_c;
    const std::int64_t w = s.k_h * s.k_w * s.in_c * s.out_c;
    const std::int64_t y = s.batch * s.out_h * s.out_w * s.out_c;
    if (kernel == kConvForward) return index == 0 ? x : index == 1 ? w : y;
    if (kernel == kConvInputGrad) return index == 0 ? y : index == 1 ? w : x;
    return index == 0 ? x : index == 1 ? y : w;
  }
  if (kernel == kProduct) {
    const std::int64_t rows = geometry[0], columns = geometry[1], depth = geometry[2];
    return index == 0 ? rows * depth : index == 1 ? depth * columns : rows * columns;
  }
  if (kernel >= kColumnMoments) {
    const std::int64_t rows = geometry[0], channels = geometry[1];
    if (index == input_count(kernel)) return 2 * channels;
    return index == 2 ? channels : rows * channels;
  }
  const PoolShape s = pool_shape(geometry);
  const std::int64_t x = s.batch * s.in_h * s.in_w * s.channels;
  const std::int64_t y = s.batch * s.out_h * s.out_w * s.channels;
  if (kernel == kMaxPoolGrad) return index == 1 ? y : x;
  return (index == 0) == (kernel == kMeanPoolGrad) ? y : x;
}

template <typename T>
bool run_kernel(Kernel kernel, const std::int64_t* geometry, const void* const* inputs,
                void* output, const ParallelFor& parallel) {
  const auto in = [inputs](int i) { return static_cast<const T*>(inputs[i]); };
  T* out = static_cast<T*>(output);
  if (kernel <= kConvFilterGrad)
    return run_conv<T>(kernel, conv_shape(geometry), in(0), in(1), out, parallel);
  if (kernel == kProduct) {
    const ProductShape shape{geometry[0], geometry[1], geometry[2], geometry[3], geometry[4]};
    return product<T>(shape, in(0), in(1), out, parallel);
  }
  const ColumnShape columns{geometry[0], geometry[1]};
  if (kernel == kColumnMoments) return column_moments<T>(columns, in(0), out, parallel);
  if (kernel == kColumnDots) return column_dots<T>(columns, in(0), in(1), in(2), out, parallel);
  const PoolShape shape = pool_shape(geometry);
  switch (kernel) {
    case kMaxPool:
      return max_pool_forward<T>(shape, in(0), out, parallel);
    case kMaxPoolGrad:
      return max_pool_grad<T>(shape, in(0), in(1), out, parallel);
    case kMeanPool:
      return mean_pool_forward<T>(shape, in(0), out, parallel);
    default:
      return mean_pool_grad<T>(shape, in(0), out, parallel);
  }
}

template bool run_kernel<float>(Kernel, const std::int64_t*, const void* const*, void*,
                                const ParallelFor&);
template bool run_kernel<double>(Kernel, const std::int64_t*, const void* const*, void*,
                                 const ParallelFor&);

}  // namespace headrace
