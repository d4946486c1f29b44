// The library's door for XLA: one handler a kernel, for float32 and float64.

#include <new>
#include <string>

#include "ffi_threads.h"
#include "kernels.h"
#include "updates.h"
#include "xla/ffi/api/ffi.h"

namespace headrace {
namespace {

namespace ffi = xla::ffi;
using Geometry = ffi::Span<const std::int64_t>;

template <Kernel kernel>
ffi::Error handle(ffi::ThreadPool pool, ffi::RemainingArgs arguments,
                  ffi::Result<ffi::AnyBuffer> result, Geometry geometry) {
  constexpr int inputs = input_count(kernel);
  if (arguments.size() != inputs || geometry.size() != geometry_size(kernel)) {
    return ffi::Error::InvalidArgument("wrong number of arguments or of integers in `geometry`");
  }
  const ffi::DataType type = result->element_type();
  const void* data[inputs];
  for (int i = 0; i <= inputs; ++i) {
    const auto buffer = i < inputs ? arguments.get<ffi::AnyBuffer>(i).value() : *result;
    const auto wanted = element_count(kernel, geometry.begin(), i);
    if (buffer.element_type() != type ||
        static_cast<std::int64_t>(buffer.element_count()) != wanted) {
      return ffi::Error::InvalidArgument("buffer " + std::to_string(i) +
                                         " does not have the type and size of the geometry");
    }
    if (i < inputs) data[i] = buffer.untyped_data();
  }
  if (type != ffi::F32 && type != ffi::F64) {
    return ffi::Error::InvalidArgument("only float32 and float64 have kernels");
  }
  try {
    const ParallelFor parallel = xla_threads(pool);
    void* out = result->untyped_data();
    const bool done = type == ffi::F32
                          ? run_kernel<float>(kernel, geometry.begin(), data, out, parallel)
                          : run_kernel<double>(kernel, geometry.begin(), data, out, parallel);
    if (!done) return ffi::Error(ffi::ErrorCode::kUnimplemented, "no kernel for this processor");
  } catch (const std::bad_alloc&) {
    return ffi::Error(ffi::ErrorCode::kResourceExhausted, "out of memory");
  }
  return ffi::Error::Success();
}

auto binding() {
  return ffi::Ffi::Bind()
      .Ctx<ffi::ThreadPool>()
      .RemainingArgs()
      .Ret<ffi::AnyBuffer>()
      .Attr<Geometry>("geometry");
}

template <typename T>
void run_adam(std::int64_t n, void* const* in, void* const* out, const ParallelFor& parallel) {
  const auto at = [](void* const* buffers, int i) { return static_cast<T*>(buffers[i]); };
  const T* s = at(in, 4);
  adam<T>(n, {s[0], s[1], s[2], s[3]},
          {at(in, 0), at(in, 1), at(in, 2), at(in, 3), at(out, 0), at(out, 1), at(out, 2)},
          parallel);
}

// var, m, v, grad and four scalars in; var, m and v out, which may share the memory of the inputs.
// Further arguments are not looked at: they are what must have been computed before.
ffi::Error handle_adam(ffi::ThreadPool pool, ffi::RemainingArgs arguments,
                       ffi::RemainingRets results) {
  if (arguments.size() < 5 || results.size() != 3) {
    return ffi::Error::InvalidArgument("wrong number of arguments or results");
  }
  void *in[5], *out[3];
  const auto first = arguments.get<ffi::AnyBuffer>(0).value();
  const ffi::DataType type = first.element_type();
  const std::size_t n = first.element_count();
  bool fits = type == ffi::F32 || type == ffi::F64;
  for (int i = 0; i < 5; ++i) {
    const auto buffer = arguments.get<ffi::AnyBuffer>(i).value();
    fits = fits && buffer.element_type() == type && buffer.element_count() == (i < 4 ? n : 4);
    in[i] = buffer.untyped_data();
  }
  for (int i = 0; i < 3; ++i) {
    const auto buffer = *results.get<ffi::AnyBuffer>(i).value();
    fits = fits && buffer.element_type() == type && buffer.element_count() == n;
    out[i] = buffer.untyped_data();
  }
  if (!fits) return ffi::Error::InvalidArgument("buffers of different types or sizes");
  const ParallelFor parallel = xla_threads(pool);
  if (type == ffi::F32) {
    run_adam<float>(n, in, out, parallel);
  } else {
    run_adam<double>(n, in, out, parallel);
  }
  return ffi::Error::Success();
}

}  // namespace
}  // namespace headrace

#pragma GCC visibility push(default)
#define HEADRACE_HANDLER(name, kernel) \
  XLA_FFI_DEFINE_HANDLER_SYMBOL(name, headrace::handle<headrace::kernel>, headrace::binding())

HEADRACE_HANDLER(headrace_conv2d_forward, kConvForward);
HEADRACE_HANDLER(headrace_conv2d_input_grad, kConvInputGrad);
HEADRACE_HANDLER(headrace_conv2d_filter_grad, kConvFilterGrad);
HEADRACE_HANDLER(headrace_max_pool, kMaxPool);
HEADRACE_HANDLER(headrace_max_pool_grad, kMaxPoolGrad);
HEADRACE_HANDLER(headrace_mean_pool, kMeanPool);
HEADRACE_HANDLER(headrace_mean_pool_grad, kMeanPoolGrad);
HEADRACE_HANDLER(headrace_column_moments, kColumnMoments);
HEADRACE_HANDLER(headrace_column_dots, kColumnDots);
HEADRACE_HANDLER(headrace_product, kProduct);

#undef HEADRACE_HANDLER

XLA_FFI_DEFINE_HANDLER_SYMBOL(
    headrace_adam, headrace::handle_adam,
    xla::ffi::Ffi::Bind().Ctx<xla::ffi::ThreadPool>().RemainingArgs().RemainingRets());
#pragma GCC visibility pop
